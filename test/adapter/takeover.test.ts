import { keys } from '@pipewright/engine/internal'
import { startAdapter } from '@pipewright/mlflow-adapter'
import { expect, it } from 'vitest'

import { MLFLOW_TIMEOUT_MS } from '../support/mlflow.ts'
import { startRedis } from '../support/redis.ts'
import { spawnAdapter } from './adapter-process.ts'
import { expectEqual } from './equality.ts'
import { HandMadeRun, handMadePlan } from './hand-made-run.ts'
import { drained, newLedger, type TestLedger } from './test-ledger.ts'

const names = Array.from({ length: 10 }, (_, at) => `node-${at}`)
const plan = handMadePlan(
  'takeover',
  names.map((name) => ({ name })),
)

async function tell({ redis, prefix }: TestLedger): Promise<HandMadeRun> {
  const run = new HandMadeRun(redis, prefix, plan)
  await run.submit()
  for (const name of names) await run.end(name)
  await run.finish('succeeded')
  return run
}

it(
  'an adapter that stands by takes over at once when the one that records is killed',
  async () => {
    const ledger = await newLedger('takeover')
    const first = await spawnAdapter(ledger)
    const lease = keys.consumerLease(ledger.prefix, 'mlflow')
    await expect.poll(() => ledger.redis.exists(lease)).toBe(1)
    const second = await startAdapter(ledger.options)
    await expect.poll(async () => (await second.status()).state).toBe('standby')
    const one = await tell(ledger)
    await first.end('SIGKILL')
    const two = await tell(ledger)
    await drained(second)
    expect((await second.status()).state).toBe('recording')
    await expectEqual(ledger.seen, one, 'FINISHED')
    await expectEqual(ledger.seen, two, 'FINISHED')
    await second.stop()
    await ledger.close()
  },
  MLFLOW_TIMEOUT_MS,
)

it('an adapter that stands by can tell when all is recorded, and where', async () => {
  const ledger = await newLedger('standby')
  const first = await startAdapter(ledger.options)
  await expect.poll(async () => (await first.status()).state).toBe('recording')
  const second = await startAdapter(ledger.options)
  const run = await tell(ledger)
  await drained(second)
  expect((await second.status()).state).toBe('standby')
  expect(await second.runUrl(run.id)).toEqual(await first.runUrl(run.id))
  await first.stop()
  await expect
    .poll(async () => (await second.status()).state, { timeout: 10_000 })
    .toBe('recording')
  await second.stop()
  await ledger.close()
})

it('a Redis that is killed while it records doubles nothing', async () => {
  const server = await startRedis()
  const ledger = await newLedger('redis-killed', { redis: server.url })
  const adapter = await startAdapter(ledger.options)
  const runs: HandMadeRun[] = []
  for (let kill = 0; kill < 2; kill++) {
    runs.push(await tell(ledger), await tell(ledger))
    const { recorded } = await adapter.status()
    await expect
      .poll(async () => (await adapter.status()).recorded, { interval: 5, timeout: 20_000 })
      .toBeGreaterThan(recorded + 3)
    await server.kill()
    await server.restart()
  }
  await drained(adapter)
  for (const run of runs) {
    const { all } = await expectEqual(ledger.seen, run, 'FINISHED')
    expect(all).toHaveLength(1 + names.length)
  }
  await adapter.stop()
  await ledger.close()
  await server.stop()
})

it('events of a run that the ledger no longer knows are put aside', async () => {
  const ledger = await newLedger('pruned')
  const run = await tell(ledger)
  await ledger.redis.del(keys.run(ledger.prefix, run.id))
  const adapter = await startAdapter(ledger.options)
  await drained(adapter)
  const [letter] = await ledger.redis.lrange(keys.deadLetters(ledger.prefix, 'mlflow'), 0, 0)
  expect(JSON.parse(letter ?? '')).toMatchObject({ code: 'RUN_NOT_IN_LEDGER' })
  expect((await adapter.status()).deadLetters).toBe(2 + names.length)
  await adapter.stop()
  await ledger.close()
})

it('with Redis away it answers in time, and stops', async () => {
  const server = await startRedis()
  const ledger = await newLedger('redis-away', { redis: server.url })
  const adapter = await startAdapter(ledger.options)
  await expect.poll(async () => (await adapter.status()).state).toBe('recording')
  await server.kill()
  expect(await adapter.drain({ timeout: 200 })).toBe(false)
  expect((await adapter.status()).deadLetters).toBe(0)
  await adapter.stop()
  expect((await adapter.status().catch(() => ({ state: 'stopped' }))).state).toBe('stopped')
  ledger.redis.disconnect()
  await server.stop()
})

it('an experiment that is deleted while it records is restored', async () => {
  const ledger = await newLedger('deleted')
  const adapter = await startAdapter(ledger.options)
  await tell(ledger)
  await drained(adapter)
  await ledger.seen.deleteExperiment()
  const run = await tell(ledger)
  await drained(adapter)
  await expectEqual(ledger.seen, run, 'FINISHED')
  expect((await adapter.status()).deadLetters).toBe(0)
  await adapter.stop()
  await ledger.close()
})

it('an address that is no server is refused at once', async () => {
  const start = startAdapter({
    redis: 'redis://127.0.0.1:1',
    tracking: { uri: 'sqlite:///mlflow.db' },
    experiment: 'x',
  })
  await expect(start).rejects.toMatchObject({ code: 'INVALID_TRACKING_URI' })
})
