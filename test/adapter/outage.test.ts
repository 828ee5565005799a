import { keys } from '@pipewright/engine/internal'
import { startAdapter, type Adapter } from '@pipewright/mlflow-adapter'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { mlflow, MLFLOW_TIMEOUT_MS } from '../support/mlflow.ts'
import { expectEqual } from './equality.ts'
import { startFaultyProxy, type FaultyProxy } from './faulty-proxy.ts'
import { HandMadeRun, handMadePlan } from './hand-made-run.ts'
import { drained, newLedger, type TestLedger } from './test-ledger.ts'

const names = Array.from({ length: 8 }, (_, at) => `node-${at}`)
const plan = handMadePlan(
  'outage',
  names.map((name) => ({ name })),
)
const queuePool = {
  status: 400,
  body: JSON.stringify({
    error_code: 'BAD_REQUEST',
    message: 'QueuePool limit of size 5 overflow 10 reached',
  }),
}

describe('while MLflow is away or wrong', () => {
  let proxy: FaultyProxy
  let ledger: TestLedger
  let adapter: Adapter

  beforeEach(async () => {
    const { uri } = await mlflow()
    proxy = await startFaultyProxy(uri)
    ledger = await newLedger('outage', { mlflow: proxy.uri })
    // found before the faults begin, so that each test speaks of recording
    adapter = await start()
  }, MLFLOW_TIMEOUT_MS)
  afterEach(async () => {
    await adapter.stop()
    await proxy.down()
    await ledger.close()
  })

  function start(): Promise<Adapter> {
    return startAdapter({ ...ledger.options, timeout: 2500, longestDelay: 300 })
  }

  async function tell(status: 'succeeded' | 'failed' = 'succeeded'): Promise<HandMadeRun> {
    const run = new HandMadeRun(ledger.redis, ledger.prefix, plan)
    await run.submit()
    for (const name of names)
      await run.end(name, {
        metrics: [['loss', 1, 0, run.createdAt + 1]],
        finalMetrics: { loss: 1 },
      })
    await run.finish(status)
    return run
  }

  /** Drains, asserts that MLflow equals the ledger, and returns what else there is to assert. */
  async function recorded(run: HandMadeRun): Promise<{ runs: number; deadLetters: number }> {
    await drained(adapter)
    const { all } = await expectEqual(ledger.seen, run, 'FINISHED')
    return { runs: all.length, deadLetters: (await adapter.status()).deadLetters }
  }
  const whole = { runs: 1 + names.length, deadLetters: 0 }

  it('a server that is not there yet is waited for', async () => {
    await proxy.down()
    const run = await tell()
    await expect
      .poll(async () => (await adapter.status()).state, { timeout: 20_000 })
      .toBe('waiting')
    expect((await adapter.status()).problem?.code).toBe('MLFLOW_UNREACHABLE')
    expect(await adapter.drain({ timeout: 100 })).toBe(false)
    await proxy.up()
    expect(await recorded(run)).toEqual(whole)
    expect((await adapter.status()).state).toBe('recording')
  })

  it('a server that dies in the middle and comes back loses and doubles nothing', async () => {
    const run = await tell()
    await expect.poll(() => proxy.calls.length, { timeout: 20_000, interval: 2 }).toBeGreaterThan(8)
    await proxy.down()
    await expect
      .poll(async () => (await adapter.status()).state, { timeout: 20_000 })
      .toBe('waiting')
    await proxy.up()
    expect(await recorded(run)).toEqual(whole)
  })

  it('answers that are lost after the request was carried out double nothing', async () => {
    let at = 0
    proxy.decide = () => (++at % 3 === 0 ? 'cut' : 'pass')
    const run = await tell()
    expect(await recorded(run)).toEqual(whole)
  })

  it.each([
    ['500', { status: 500, body: '{"error_code":"INTERNAL_ERROR","message":"oops"}' }],
    ['a full connection pool, which comes as 400', queuePool],
    ['429', { status: 429, body: 'slow down' }],
    [
      '429 with a time to wait',
      { status: 429, body: 'slow down', headers: { 'retry-after': '1' } },
    ],
    ['half an answer, after the request was carried out', 'truncate' as const],
    ['401', { status: 401, body: 'who are you' }],
    ['a page of a proxy', { status: 200, body: '<html>welcome</html>' }],
    ['silence', 'hang' as const],
  ])('%s is repeated until it passes', async (_name, fault) => {
    let left = fault === 'hang' ? 2 : 4
    proxy.decide = (call) => (call.includes('runs/create') && left-- > 0 ? fault : 'pass')
    const run = await tell()
    expect(await recorded(run)).toEqual(whole)
    expect(left).toBeLessThan(0)
  })

  it('a server that takes its time is waited for, and asked once', async () => {
    proxy.decide = () => ({ late: 150 })
    expect(await recorded(await tell())).toEqual(whole)
    const creations = proxy.calls.filter((call) => call.includes('runs/create'))
    expect(creations).toHaveLength(whole.runs)
  })

  it('what MLflow refuses for good becomes a dead letter, and the rest is recorded', async () => {
    proxy.decide = (call, body) =>
      call.includes('runs/create') && isNode3(body)
        ? { status: 400, body: '{"error_code":"INVALID_PARAMETER_VALUE","message":"no"}' }
        : 'pass'
    const run = await tell()
    await drained(adapter)
    const runs = (await ledger.seen.runs()).filter(({ status }) => status === 'FINISHED')
    const rest = names.filter((name) => name !== 'node-3')
    expect(runs.map(({ name }) => name).toSorted()).toEqual([...rest, 'outage'].toSorted())
    const parent = runs.find(({ name }) => name === 'outage')
    expect(parent?.tags['pipewright.unrecorded']).toBe('node-3')
    const letters = await ledger.redis.lrange(keys.deadLetters(ledger.prefix, 'mlflow'), 0, -1)
    const codes = letters.map((letter): unknown => JSON.parse(letter))
    expect(codes).toMatchObject([{ code: 'MLFLOW_REFUSED' }])
    expect((await adapter.status()).deadLetters).toBe(1)
    expect(run.records).toHaveLength(names.length)
  })

  it('at most four requests are under way at once', async () => {
    expect(await recorded(await tell())).toEqual(whole)
    expect(proxy.mostAtOnce).toBeLessThanOrEqual(4)
  })

  it('a request that never passes becomes a dead letter while MLflow takes others', async () => {
    proxy.decide = (call, body) =>
      call.includes('runs/create') && isNode3(body) ? { status: 500, body: 'always' } : 'pass'
    await tell()
    await drained(adapter)
    expect((await adapter.status()).deadLetters).toBe(1)
  })

  it('nothing becomes a dead letter while MLflow can read but not write', async () => {
    let writable = false
    const writes = /set-|create|log-|update|PUT/
    proxy.decide = (call) =>
      !writable && writes.test(call) ? { status: 500, body: 'database or disk is full' } : 'pass'
    const run = await tell()
    const creations = (): number => proxy.calls.filter((call) => call.includes('/create')).length
    await expect.poll(creations, { timeout: 20_000 }).toBeGreaterThan(20)
    writable = true
    expect(await recorded(run)).toEqual(whole)
  })
})

function isNode3(body: string): boolean {
  return body.includes('"run_name":"node-3"')
}
