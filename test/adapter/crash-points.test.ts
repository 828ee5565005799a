import { keys, observe, type CrashPoint } from '@pipewright/engine/internal'
import { startAdapter } from '@pipewright/mlflow-adapter'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { MLFLOW_TIMEOUT_MS } from '../support/mlflow.ts'
import { adapterPoints, isFrozen, spawnAdapter } from './adapter-process.ts'
import { expectEqual } from './equality.ts'
import { HandMadeRun, handMadePlan, inlineValue } from './hand-made-run.ts'
import { drained, newLedger, type TestLedger } from './test-ledger.ts'

const names = ['first', 'second', 'third']
const plan = handMadePlan(
  'crashing',
  names.map((name) => ({ name, outputs: { table: 'table' }, params: { size: 'size' } })),
)
/** The parent is one, each node one, and the second node's first attempt is one. */
const recorded = 5
/** At the parent, in the middle, near the end: `npm run faults` goes through all of them at each point. */
const passages = [1, 4, 2]
/** Where what it holds of MLflow's answers matters most; row F17 of `npm run faults` freezes at all of them. */
const freezingPoints: readonly CrashPoint[] = [
  'adapter.creating',
  'adapter.created',
  'adapter.ended',
]
const lease = 2500

describe('an adapter that is killed at one of its points', () => {
  let ledger: TestLedger

  beforeAll(async () => {
    ledger = await newLedger('points')
  }, MLFLOW_TIMEOUT_MS)
  afterAll(() => ledger?.close())

  it('leaves a record that the next one completes: nothing is missing, nothing is there twice', async () => {
    const runs: HandMadeRun[] = []
    for (const [at, point] of adapterPoints.entries()) {
      runs.push(await tell(ledger))
      const passage = passages[at % passages.length]
      const adapter = await spawnAdapter(ledger, { crashPoints: `${point}:${passage}=kill` })
      expect([point, await adapter.ended]).toEqual([point, 'SIGKILL'])
    }
    const observer = observe({ ...ledger.options, prefix: ledger.prefix, group: 'mlflow' })
    const last = await spawnAdapter(ledger)
    const position = await observer.outbox.position()
    await expect.poll(() => observer.outbox.reached(position), { timeout: 60_000 }).toBe(true)
    await last.end('SIGTERM')
    for (const run of runs) await expectWhole(ledger, run)
    expect(await observer.outbox.deadLetters()).toBe(0)
    observer.close()
  }, 120_000)
})

describe('an adapter that is frozen at one of its points, while another one takes over', () => {
  it('has nothing to say when it wakes up: nothing is there twice, nothing is left running', async () => {
    await Promise.all(freezingPoints.map(freeze))
  }, 120_000)
})

async function freeze(point: CrashPoint): Promise<void> {
  const ledger = await newLedger(point.replace('adapter.', 'frozen-'))
  const run = await tell(ledger)
  const first = await spawnAdapter(ledger, { crashPoints: `${point}:3=freeze`, lease })
  await expect.poll(() => isFrozen(first.pid), { timeout: 30_000 }).toBe(true)
  const second = await startAdapter({ ...ledger.options, lease })
  await drained(second)
  await expectWhole(ledger, run)
  process.kill(first.pid, 'SIGCONT')
  await expect
    .poll(() => first.lines.join('\n'), { timeout: 30_000 })
    .toContain('Another adapter records now')
  // it ends what was under way before it exits
  await first.end('SIGTERM')
  await expectWhole(ledger, run)
  expect(await ledger.redis.llen(keys.deadLetters(ledger.prefix, 'mlflow'))).toBe(0)
  await second.stop()
  await ledger.close()
}

async function tell({ redis, prefix }: TestLedger): Promise<HandMadeRun> {
  const run = new HandMadeRun(redis, prefix, plan, { size: 3 })
  const t = run.createdAt
  await run.submit()
  await run.say({
    type: 'node_retrying',
    ...run.at('second'),
    startedAt: t + 100,
    endedAt: t + 200,
    worker: 'w',
    metrics: [['loss', 9, 0, t + 150]],
    dueAt: t + 300,
    error: { code: 'Error', message: 'once' },
  })
  for (const name of names)
    await run.end(
      name,
      {
        attempt: name === 'second' ? 2 : 1,
        metrics: [['loss', 1, 0, t + 1500]],
        finalMetrics: { loss: 1 },
      },
      [inlineValue('table', [name])],
    )
  await run.finish('succeeded')
  return run
}

async function expectWhole(ledger: TestLedger, run: HandMadeRun): Promise<void> {
  const { all, nodes } = await expectEqual(ledger.seen, run, 'FINISHED')
  expect(all).toHaveLength(recorded)
  for (const { id } of nodes.values())
    expect(await ledger.seen.history(id, 'loss')).toEqual([[1, 0, run.createdAt + 1500]])
}
