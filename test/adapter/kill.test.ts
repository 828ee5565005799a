import { setTimeout as sleep } from 'node:timers/promises'

import { keys, observe } from '@pipewright/engine/internal'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { MLFLOW_TIMEOUT_MS } from '../support/mlflow.ts'
import { spawnAdapter } from './adapter-process.ts'
import { expectEqual } from './equality.ts'
import { HandMadeRun, handMadePlan, inlineValue } from './hand-made-run.ts'
import { newLedger, type TestLedger } from './test-ledger.ts'

const names = Array.from({ length: 20 }, (_, at) => `node-${at}`)
const plan = handMadePlan(
  'killed',
  names.map((name) => ({ name, outputs: { table: 'table' }, params: { size: 'size' } })),
)
const kills = 6

describe('an adapter that is killed again and again', () => {
  let ledger: TestLedger

  beforeAll(async () => {
    ledger = await newLedger('killed')
  }, MLFLOW_TIMEOUT_MS)
  afterAll(() => ledger?.close())

  it('records every run once, whole, with every point of every metric', async () => {
    const observer = observe({
      redis: ledger.options.redis,
      prefix: ledger.prefix,
      group: 'mlflow',
    })
    const runs: HandMadeRun[] = []
    let inMidWork = 0
    for (let kill = 0; kill < kills; kill++) {
      if (kill % 3 === 0) runs.push(await tellRun(ledger))
      const adapter = await spawnAdapter(ledger)
      await sleep(30 + Math.random() * 350)
      if (!(await observer.outbox.reached(await observer.outbox.position()))) inMidWork++
      await adapter.end('SIGKILL')
    }
    expect(inMidWork).toBeGreaterThanOrEqual(4)
    const last = await spawnAdapter(ledger)
    const position = await observer.outbox.position()
    await expect.poll(() => observer.outbox.reached(position), { timeout: 60_000 }).toBe(true)
    await last.end('SIGTERM')
    for (const run of runs) await expectWhole(ledger, run)
    expect(await observer.outbox.deadLetters()).toBe(0)
    observer.close()
  }, 240_000)
})

/** Tells a whole run: each second node takes two attempts, and each node reports metrics on the way. */
async function tellRun({ redis, prefix }: TestLedger): Promise<HandMadeRun> {
  const run = new HandMadeRun(redis, prefix, plan, { size: 3 })
  const t = run.createdAt
  await run.submit()
  for (const [at, name] of names.entries()) {
    const attempt = at % 2 === 0 ? 1 : 2
    if (attempt === 2)
      await run.say({
        type: 'node_retrying',
        ...run.at(name),
        startedAt: t + 100,
        endedAt: t + 200,
        worker: 'w',
        metrics: [['loss', 9, 0, t + 150]],
        dueAt: t + 300,
        error: { code: 'Error', message: 'once' },
      })
    await run.say({ type: 'node_started', ...run.at(name, attempt), at: t + 300, worker: 'w' })
    await run.say({
      type: 'node_metrics',
      ...run.at(name, attempt),
      metrics: [['loss', 3, 0, t + 400]],
    })
    await run.end(
      name,
      {
        attempt,
        startedAt: t + 300,
        endedAt: t + 900,
        metrics: [
          ['loss', 2, 1, t + 500],
          ['loss', 1, 2, t + 600],
        ],
        finalMetrics: { loss: 1 },
      },
      [inlineValue('table', [name])],
    )
  }
  await run.finish('succeeded')
  return run
}

async function expectWhole(ledger: TestLedger, run: HandMadeRun): Promise<void> {
  const { nodes, all } = await expectEqual(ledger.seen, run, 'FINISHED')
  const t = run.createdAt
  expect(all).toHaveLength(1 + names.length + names.length / 2)
  for (const [at, name] of names.entries()) {
    const node = nodes.get(name)
    expect(await ledger.seen.history(node?.id ?? '', 'loss')).toEqual([
      [3, 0, t + 400],
      [2, 1, t + 500],
      [1, 2, t + 600],
    ])
    expect(await ledger.seen.artifact(node?.id ?? '', 'table.json')).toContain('node-')
    const superseded = all.filter(({ tags }) => tags['mlflow.parentRunId'] === node?.id)
    expect(superseded.map((attempt) => attempt.name)).toEqual(
      at % 2 === 0 ? [] : [`${name} (attempt 1)`],
    )
    for (const attempt of superseded)
      expect(await ledger.seen.history(attempt.id, 'loss')).toEqual([[9, 0, t + 150]])
  }
  const mapped = await ledger.redis.hgetall(keys.mlflowRuns(ledger.prefix, run.id))
  for (const [name, node] of nodes)
    expect(mapped[`${name}/${node.tags['pipewright.attempt']}`]).toBe(node.id)
}
