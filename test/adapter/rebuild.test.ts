import { capOutbox, keys } from '@pipewright/engine/internal'
import { startAdapter } from '@pipewright/mlflow-adapter'
import { expect, it } from 'vitest'

import { MLFLOW_TIMEOUT_MS } from '../support/mlflow.ts'
import { spawnAdapter } from './adapter-process.ts'
import { expectEqual } from './equality.ts'
import { HandMadeRun, handMadePlan } from './hand-made-run.ts'
import { drained, newLedger, type TestLedger } from './test-ledger.ts'

const names = Array.from({ length: 30 }, (_, at) => `node-${at}`)
const plan = handMadePlan(
  'long-away',
  names.map((name) => ({ name, params: { size: 'size' } })),
)
const day = 86_400_000
const maxBytes = 12_000

async function begin({ redis, prefix }: TestLedger): Promise<HandMadeRun> {
  const run = new HandMadeRun(redis, prefix, plan, { size: 3 })
  await run.submit()
  return run
}

/** Ends nodes from..to. Every fifth fails, and each reports on the way. */
async function work(run: HandMadeRun, from: number, to: number): Promise<void> {
  const t = run.createdAt
  for (const [at, name] of names.entries()) {
    if (at < from || at >= to) continue
    await run.say({
      type: 'node_metrics',
      ...run.at(name),
      metrics: [['loss', 9, 5, t + 1100]],
    })
    const failed = at % 5 === 4
    await run.end(name, {
      status: failed ? 'failed' : 'succeeded',
      ...(failed && { error: { code: 'RangeError', message: 'diverged' } }),
      metrics: at % 2 === 0 ? [['loss', 1, 7, t + 1200]] : [],
      finalMetrics: { loss: at % 2 === 0 ? 1 : 9 },
    })
  }
}

it(
  'an adapter that was away while the outbox outgrew its limit records from the ledger what it missed',
  async () => {
    const ledger = await newLedger('away')
    const { redis, prefix } = ledger
    const outbox = keys.outbox(prefix)
    // it has recorded half of a run, then goes away
    const halfway = await begin(ledger)
    await work(halfway, 0, 15)
    const before = await startAdapter(ledger.options)
    await drained(before)
    await before.stop()
    await work(halfway, 15, 30)
    await halfway.finish('failed')
    const whole = await begin(ledger)
    await work(whole, 0, 30)
    await whole.finish('failed')
    const cancelled = await begin(ledger)
    for (const name of names)
      await cancelled.end(name, { status: 'cancelled', attempt: 0, startedAt: 0, worker: '' })
    await cancelled.finish('cancelled')
    const active = await begin(ledger)
    await work(active, 0, 10)

    const length = await redis.xlen(outbox)
    expect(await capOutbox(redis, prefix, { maxBytes, maxAge: day })).toBeGreaterThan(length / 2)
    expect(await redis.memory('USAGE', outbox, 'SAMPLES', 50)).toBeLessThanOrEqual(maxBytes)
    expect(await redis.hkeys(keys.outboxGaps(prefix))).toContain('mlflow')

    // the first one that comes back is killed in the middle
    const killed = await spawnAdapter(ledger, { crashPoints: 'adapter.created:12=kill' })
    expect(await killed.ended).toBe('SIGKILL')
    const after = await startAdapter(ledger.options)
    await drained(after)
    expect(await redis.hexists(keys.outboxGaps(prefix), 'mlflow')).toBe(0)
    for (const [run, status] of [
      [halfway, 'FAILED'],
      [whole, 'FAILED'],
      [cancelled, 'KILLED'],
    ] as const) {
      const { all } = await expectEqual(ledger.seen, run, status)
      expect(all).toHaveLength(1 + names.length)
    }

    // the run that goes on is recorded as it goes
    await work(active, 10, 30)
    await active.finish('failed')
    await drained(after)
    const { all } = await expectEqual(ledger.seen, active, 'FAILED')
    expect(all).toHaveLength(1 + names.length)
    expect((await after.status()).deadLetters).toBe(0)
    await after.stop()
    await ledger.close()
  },
  MLFLOW_TIMEOUT_MS,
)

it('an adapter that comes for the first time records the runs that the outbox no longer tells of', async () => {
  const ledger = await newLedger('first')
  const run = await begin(ledger)
  await work(run, 0, 30)
  await run.finish('failed')
  const { redis, prefix } = ledger
  expect(await capOutbox(redis, prefix, { maxBytes: 0, maxAge: day })).toBeGreaterThan(30)
  expect(await redis.xlen(keys.outbox(prefix))).toBe(0)
  const adapter = await startAdapter(ledger.options)
  await drained(adapter)
  await expectEqual(ledger.seen, run, 'FAILED')
  await adapter.stop()
  await ledger.close()
})
