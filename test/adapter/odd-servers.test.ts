import { keys } from '@pipewright/engine/internal'
import { startAdapter, type Adapter, type AdapterSettingsInput } from '@pipewright/mlflow-adapter'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { mlflow, MLFLOW_TIMEOUT_MS } from '../support/mlflow.ts'
import { expectEqual } from './equality.ts'
import { startFaultyProxy, type Fault, type FaultyProxy } from './faulty-proxy.ts'
import { HandMadeRun, handMadePlan } from './hand-made-run.ts'
import { drained, newLedger, type TestLedger } from './test-ledger.ts'

const plan = handMadePlan('odd', [{ name: 'first' }, { name: 'second' }])

let proxy: FaultyProxy
let ledger: TestLedger
let adapter: Adapter
let lines: string[]
let uri: string

beforeEach(async () => {
  lines = []
  uri = (await mlflow()).uri
  proxy = await startFaultyProxy(uri)
  ledger = await newLedger('odd', { mlflow: proxy.uri })
}, MLFLOW_TIMEOUT_MS)
afterEach(async () => {
  await adapter.stop()
  await proxy.down()
  await ledger.close()
})

function write(_fields: object, message: string): void {
  lines.push(message)
}

async function start(settings: AdapterSettingsInput = {}): Promise<void> {
  const log = { info: write, warn: write, error: write }
  adapter = await startAdapter({ ...ledger.options, longestDelay: 200, log, settings })
}

/** A run whose first node is over and recorded. */
async function halfRecorded(): Promise<HandMadeRun> {
  const run = new HandMadeRun(ledger.redis, ledger.prefix, plan)
  await run.submit()
  await run.end('first', {
    metrics: [['f1', 1, 0, run.createdAt + 1]],
    finalMetrics: { f1: 1 },
  })
  await drained(adapter)
  return run
}

async function finish(run: HandMadeRun): Promise<void> {
  await run.end('second')
  await run.finish('succeeded')
}

async function post(path: string, body: unknown): Promise<void> {
  const answer = await fetch(`${uri}/api/2.0/mlflow/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  expect(answer.status).toBe(200)
}

async function idOf(name: string): Promise<string> {
  const found = (await ledger.seen.runs()).find((run) => run.name === name)
  return found?.id ?? ''
}

async function names(): Promise<readonly string[]> {
  return (await ledger.seen.runs()).map(({ name, status }) => `${name} ${status}`).toSorted()
}

/** Starts an adapter that knows nothing but what Redis and MLflow hold. */
async function restart(): Promise<void> {
  await adapter.stop()
  await start()
}

describe('what stands before MLflow', () => {
  it.each<[string, Fault, string]>([
    [
      'a log-in page, to which all is redirected',
      {
        status: 302,
        body: '<html>sign in</html>',
        headers: { location: 'https://login.example/?t=x' },
      },
      'MLFLOW_REDIRECTED',
    ],
    [
      'a proxy that refuses in HTML',
      { status: 403, body: '<html><h1>Forbidden</h1></html>' },
      'MLFLOW_DENIED',
    ],
    ['a server of another kind', { status: 405, body: '<html>nginx</html>' }, 'MLFLOW_NOT_FOUND'],
  ])('%s: what cannot be recorded waits, and nothing is lost', async (_name, fault, code) => {
    proxy.decide = () => fault
    await start()
    const run = new HandMadeRun(ledger.redis, ledger.prefix, plan)
    await run.submit()
    await run.end('first')
    await finish(run)
    await expect
      .poll(async () => (await adapter.status()).problem?.code, { timeout: 20_000 })
      .toBe(code)
    proxy.decide = () => 'pass'
    await drained(adapter)
    await expectEqual(ledger.seen, run, 'FINISHED')
    expect(await adapter.status()).toMatchObject({ state: 'recording', deadLetters: 0 })
    expect(lines.join('\n')).not.toContain('t=x')
  })

  it('a permission that only new runs lack is waited for as long as it takes', async () => {
    let denials = 12
    proxy.decide = (call) =>
      call.includes('runs/create') && denials-- > 0
        ? { status: 403, body: 'Permission denied' }
        : 'pass'
    await start()
    const run = await halfRecorded()
    await finish(run)
    await drained(adapter)
    await expectEqual(ledger.seen, run, 'FINISHED')
    expect((await adapter.status()).deadLetters).toBe(0)
    expect(lines.filter((line) => line.startsWith('Recording is paused'))).toHaveLength(1)
  })

  it('a limit of rates is kept: nothing is sent before its time is over', async () => {
    await start()
    const run = await halfRecorded()
    let quietUntil = 0
    const early: string[] = []
    const { calls } = proxy
    proxy.decide = (call) => {
      if (performance.now() < quietUntil) early.push(call)
      if (quietUntil > 0 || !call.includes('runs/create')) return 'pass'
      // calls that are under way already may still come
      quietUntil = performance.now() + 1000
      return { status: 429, body: 'slow down', headers: { 'retry-after': '1' } }
    }
    await finish(run)
    await drained(adapter)
    expect(quietUntil).toBeGreaterThan(0)
    expect(early).toEqual([])
    expect(calls.length).toBeGreaterThan(0)
    await expectEqual(ledger.seen, run, 'FINISHED')
  })

  it('a server that has no such route for one kind of call costs that call alone', async () => {
    proxy.decide = (call) =>
      call.includes('artifacts') ? { status: 404, body: '<html>no such page</html>' } : 'pass'
    await start()
    const run = await halfRecorded()
    await finish(run)
    await drained(adapter)
    await expectEqual(ledger.seen, run, 'FINISHED')
    const parent = (await ledger.seen.runs()).find(({ name }) => name === 'odd')
    expect(parent?.tags['pipewright.artifact.plan.json']).toMatch(
      /^not uploaded: .* 404: no such page/,
    )
  })
})

describe('what people delete in MLflow while it is being recorded', () => {
  it('a run of a pipeline: it stays deleted, also for an adapter that starts later, and nothing is a dead letter', async () => {
    await start()
    const run = await halfRecorded()
    await post('runs/delete', { run_id: await idOf('odd') })
    await post('runs/delete', { run_id: await idOf('first') })
    await run.say({ type: 'node_started', ...run.at('second'), at: run.createdAt, worker: 'w' })
    await drained(adapter)
    await restart()
    await finish(run)
    await drained(adapter)
    expect(await names()).not.toContain('odd FINISHED')
    expect((await adapter.status()).deadLetters).toBe(0)
    expect(await ledger.redis.ttl(keys.mlflowRuns(ledger.prefix, run.id))).toBeGreaterThan(0)
    expect(lines.filter((line) => line.includes('was deleted'))).toHaveLength(1)
  })

  it('the run of a node: the rest is recorded, and the parent says what is missing', async () => {
    await start()
    const run = await halfRecorded()
    await post('runs/delete', { run_id: await idOf('first') })
    await restart()
    await finish(run)
    await drained(adapter)
    expect(await names()).toEqual(['odd FINISHED', 'second FINISHED'])
    const parent = (await ledger.seen.runs()).find(({ name }) => name === 'odd')
    expect(parent?.tags['pipewright.unrecorded']).toBe('first')
    expect(parent?.metrics).toEqual({ 'first.f1': 1 })
    expect((await adapter.status()).deadLetters).toBe(0)
  })

  it('a run that is restored before its end is completed', async () => {
    await start()
    const run = await halfRecorded()
    const parent = await idOf('odd')
    await post('runs/delete', { run_id: parent })
    await run.end('second')
    await drained(adapter)
    await post('runs/restore', { run_id: parent })
    await run.finish('succeeded')
    await drained(adapter)
    expect((await expectEqual(ledger.seen, run, 'FINISHED')).all).toHaveLength(3)
  })

  it('the experiment: it is restored with all that was in it, in mid-run', async () => {
    await start()
    const run = await halfRecorded()
    await ledger.seen.deleteExperiment()
    await finish(run)
    await drained(adapter)
    expect((await expectEqual(ledger.seen, run, 'FINISHED')).all).toHaveLength(3)
  })

  it('the experiment, where it is not to be restored: recording is paused until someone does', async () => {
    await start({ experiment: { restore: false } })
    const run = await halfRecorded()
    await ledger.seen.deleteExperiment()
    await finish(run)
    await expect
      .poll(async () => (await adapter.status()).problem?.code, { timeout: 20_000 })
      .toBe('MLFLOW_EXPERIMENT_DELETED')
    await ledger.seen.restoreExperiment()
    await drained(adapter)
    await expectEqual(ledger.seen, run, 'FINISHED')
    expect((await adapter.status()).deadLetters).toBe(0)
  })
})

describe('a server that has another database than before', () => {
  it('knows nothing of a run that is under way: it is recorded anew, from the ledger', async () => {
    await start()
    const run = await halfRecorded()
    const old = new Set((await ledger.seen.runs()).map(({ id }) => id))
    // as `mlflow gc` or an older backup would: the server does not know these any more
    proxy.decide = (call, body) => {
      const named = [...old].find((id) => call.includes(id) || body.includes(`"run_id":"${id}"`))
      if (named === undefined) return 'pass'
      const message = `Run with id=${named} not found`
      return {
        status: 404,
        body: JSON.stringify({ error_code: 'RESOURCE_DOES_NOT_EXIST', message }),
      }
    }
    for (const id of old) await post('runs/delete', { run_id: id })
    await finish(run)
    await drained(adapter)
    await expectEqual(ledger.seen, run, 'FINISHED')
    expect((await adapter.status()).deadLetters).toBe(0)
  })
})
