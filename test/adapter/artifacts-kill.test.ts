import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { LocalStorage, observe, type DatasetReference } from '@pipewright/engine/internal'
import { startAdapter } from '@pipewright/mlflow-adapter'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { MLFLOW_TIMEOUT_MS } from '../support/mlflow.ts'
import { spawnAdapter } from './adapter-process.ts'
import { HandMadeRun, handMadePlan } from './hand-made-run.ts'
import { storedValue } from './stored-value.ts'
import { drained, newLedger, type TestLedger } from './test-ledger.ts'

const plan = handMadePlan('uploading', [{ name: 'make', outputs: { table: 'table' } }])
/** The first sends of a process describe the run; what follows is the node, its artifact, and the end. */
const firstPassage = 4

let ledger: TestLedger
let store: string

beforeAll(async () => {
  ledger = await newLedger('uploading')
  store = await mkdtemp(join(tmpdir(), 'pipewright-uploading-'))
}, MLFLOW_TIMEOUT_MS)

afterAll(async () => {
  await ledger?.close()
  await rm(store, { recursive: true, force: true })
})

describe('an adapter that is killed while it uploads', () => {
  it('leaves what the next one completes: a content is uploaded once, whole, and linked after that', async () => {
    const content = randomBytes(20_000)
    const value = await storedValue(new LocalStorage(store), 'table', content, 'bytes')
    const runs = [await tell(value)]
    await recordUnderKills()
    runs.push(await tell(value))
    const storage = new LocalStorage(store)
    const settings = { artifacts: { datasets: ['table'] } }
    const adapter = await startAdapter({
      ...ledger.options,
      settings,
      readStore: (path) => storage.read(path),
    })
    await drained(adapter)
    await adapter.stop()
    const seen = await ledger.seen.runs()
    const [first, second] = runs.map(({ id }) =>
      seen.find(({ name, tags }) => name === 'make' && tags['pipewright.run'] === id),
    )
    expect(first?.tags['pipewright.content.table']).toBe(value.sha256)
    expect(await ledger.seen.artifactBytes(first?.id ?? '', 'table.bin')).toEqual(content)
    expect(await ledger.seen.artifacts(second?.id ?? '')).toEqual(['table.bin.link.json'])
    expect(JSON.parse(second?.tags['pipewright.artifact.table'] ?? '')).toMatchObject({
      kind: 'link',
      holder: first?.id,
    })
  }, 240_000)
})

async function tell(value: DatasetReference): Promise<HandMadeRun> {
  const run = new HandMadeRun(ledger.redis, ledger.prefix, plan)
  await run.submit()
  await run.end('make', {}, [value])
  await run.finish('succeeded')
  return run
}

/** Each process is killed at one send later than the one before, until one gets to the end. */
async function recordUnderKills(): Promise<void> {
  const { redis } = ledger.options
  const observer = observe({ redis, prefix: ledger.prefix, group: 'mlflow' })
  const position = await observer.outbox.position()
  let kills = 0
  for (let passage = firstPassage; ; passage++, kills++) {
    const crashPoints = `adapter.logging:${passage}=kill`
    const adapter = await spawnAdapter(ledger, { crashPoints, store })
    let signal: unknown
    void adapter.ended.then((ended) => (signal = ended))
    const isRecorded = (): Promise<boolean> => observer.outbox.reached(position)
    await expect
      .poll(async () => signal !== undefined || (await isRecorded()), { timeout: 90_000 })
      .toBe(true)
    await adapter.end('SIGKILL')
    if (await isRecorded()) break
  }
  expect(kills).toBeGreaterThan(0)
  expect(await observer.outbox.deadLetters()).toBe(0)
  observer.close()
}
