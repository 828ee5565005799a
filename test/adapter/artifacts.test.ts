import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'

import { LocalStorage, type DatasetReference, type NodeFinished } from '@pipewright/engine/internal'
import { startAdapter, type AdapterSettingsInput } from '@pipewright/mlflow-adapter'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { mlflow, MLFLOW_TIMEOUT_MS } from '../support/mlflow.ts'
import { startCountingProxy, type CountingProxy } from './counting-proxy.ts'
import { HandMadeRun, handMadePlan } from './hand-made-run.ts'
import { sparseValue, storedValue } from './stored-value.ts'
import { drained, newLedger, type TestLedger } from './test-ledger.ts'
import type { SeenRun } from './tracking-server.ts'

const plan = handMadePlan('training', [
  { name: 'make', tags: ['report'], outputs: { value: 'value', other: 'other' } },
  { name: 'use', inputs: { value: 'value' } },
])
type Ends = Parameters<HandMadeRun['end']>[1]

let ledger: TestLedger
let proxy: CountingProxy
let folder: string
let storage: LocalStorage

beforeAll(async () => {
  proxy = await startCountingProxy((await mlflow()).uri)
  ledger = await newLedger('artifacts', { mlflow: proxy.uri })
  folder = await mkdtemp(join(tmpdir(), 'pipewright-artifacts-'))
  storage = new LocalStorage(folder)
}, MLFLOW_TIMEOUT_MS)

afterAll(async () => {
  await ledger?.close()
  proxy?.close()
  await rm(folder, { recursive: true, force: true })
})

interface Recorded {
  readonly make: SeenRun
  readonly use: SeenRun | undefined
  readonly parent: SeenRun
  /** Bytes that went to MLflow. */
  readonly moved: number
}

/** Records a run whose first node makes these values. */
async function record(
  values: readonly DatasetReference[],
  settings: AdapterSettingsInput,
  use: Ends = {},
): Promise<Recorded> {
  const before = proxy.sent
  const run = new HandMadeRun(ledger.redis, ledger.prefix, plan)
  await run.submit()
  await run.end('make', {}, values)
  await run.end('use', use)
  await run.finish(use?.status === 'failed' ? 'failed' : 'succeeded')
  const adapter = await startAdapter({
    ...ledger.options,
    settings,
    readStream: (uri, range) => storage.stream(uri, range),
  })
  await drained(adapter)
  await adapter.stop()
  const runs = (await ledger.seen.runs()).filter(({ tags }) => tags['pipewright.run'] === run.id)
  const named = (name: string): SeenRun | undefined =>
    runs.find((one) => (one.tags['pipewright.node'] ?? '') === name)
  const parent = named('')
  if (parent === undefined) throw new Error('no parent')
  return { parent, make: named('make') ?? parent, use: named('use'), moved: proxy.sent - before }
}

function rules(
  ...list: NonNullable<NonNullable<AdapterSettingsInput['artifacts']>['rules']>
): AdapterSettingsInput {
  return { artifacts: { rules: list } }
}

const failure: Partial<NodeFinished> = {
  status: 'failed',
  error: { code: 'Error', message: 'no' },
}

describe('a dataset with the policy summary', () => {
  it('of 5 GB moves under 1 MB: its facts, its columns and its first rows', async () => {
    const rows = Array.from(
      { length: 9000 },
      (_, at) => `2026-11-${(at % 28) + 1},${at / 8},"a, b"`,
    )
    const beginning = `date,wind,note\n${rows.join('\n')}\n`
    const value = await sparseValue(storage, 'value', 5e9, { format: 'csv', beginning })
    const { make, moved } = await record(
      [value],
      rules({ dataset: 'value', log: 'summary', sample: 3 }),
    )
    expect(moved).toBeLessThan(1e6)
    expect(JSON.parse(await ledger.seen.artifact(make.id, 'value.summary.json'))).toEqual({
      dataset: 'value',
      type: 'csv',
      bytes: 5e9,
      sha256: value.sha256,
      store: value.uri,
      columns: [
        { name: 'date', type: 'string' },
        { name: 'wind', type: 'double' },
        { name: 'note', type: 'string' },
      ],
      columnsFrom: 'head',
      head: [
        { date: '2026-11-1', wind: 0, note: 'a, b' },
        { date: '2026-11-2', wind: 0.125, note: 'a, b' },
        { date: '2026-11-3', wind: 0.25, note: 'a, b' },
      ],
    })
  })

  it('shows the columns of its schema, and as many rows as max_bytes has room for', async () => {
    const rows = Array.from({ length: 50 }, (_, at) => ({ at, text: 'x'.repeat(1000) }))
    const value = {
      ...(await storedValue(storage, 'value', JSON.stringify(rows))),
      rows: 50,
      schema: [
        ['at', 'long'],
        ['text', 'string?'],
      ] as const,
    }
    const { make } = await record([value], rules({ log: 'summary', maxBytes: 5000 }))
    const summary: unknown = JSON.parse(await ledger.seen.artifact(make.id, 'value.summary.json'))
    expect(summary).toMatchObject({
      rows: 50,
      columns: [
        { name: 'at', type: 'long' },
        { name: 'text', type: 'string?' },
      ],
      columnsFrom: 'schema',
      head: rows.slice(0, 4),
    })
  })
})

describe('a content that an earlier run holds', () => {
  it('is linked and not uploaded again, until that run is deleted', async () => {
    const value = await storedValue(storage, 'value', randomBytes(300_000), 'bytes')
    const always = rules({ dataset: 'value', log: 'always' })
    const first = await record([value], always)
    expect(first.moved).toBeGreaterThan(300_000)
    const second = await record([value], always)
    expect(second.moved).toBeLessThan(50_000)
    const note: unknown = JSON.parse(second.make.tags['pipewright.artifact.value'] ?? '')
    expect(note).toMatchObject({ kind: 'link', holder: first.make.id, content: value.sha256 })
    const link: unknown = JSON.parse(
      await ledger.seen.artifact(second.make.id, 'value.bin.link.json'),
    )
    expect(link).toMatchObject({
      sha256: value.sha256,
      holder: first.make.id,
      url: expect.stringContaining(`/runs/${first.make.id}/artifacts/value.bin`),
    })
    await ledger.seen.deleteRun(first.make.id)
    const third = await record([value], always)
    expect(third.moved).toBeGreaterThan(300_000)
    expect(third.make.tags['pipewright.content.value']).toBe(value.sha256)
  })
})

describe('the first rule that fits', () => {
  it('decides by name, format, tag of the node and size', async () => {
    const value = await storedValue(storage, 'value', '{"a":1}')
    const other = await storedValue(storage, 'other', 'x'.repeat(2000), 'text')
    const { make } = await record(
      [value, other],
      rules(
        { type: 'csv', log: 'never' },
        { tag: 'nobody', log: 'never' },
        { size: { least: 1000, most: Infinity }, log: 'summary' },
        { dataset: 'v?l*', tag: 'report', log: 'always' },
        { log: 'never' },
      ),
    )
    expect(await ledger.seen.artifact(make.id, 'value.json')).toBe('{"a":1}')
    expect(JSON.parse(await ledger.seen.artifact(make.id, 'other.summary.json'))).toMatchObject({
      type: 'text',
      bytes: 2000,
    })
  })

  it('compresses, and one that the catalog names goes to its folder', async () => {
    const text = 'again and again '.repeat(5000)
    const value = await storedValue(storage, 'value', text, 'text')
    const { make, moved } = await record([value], {
      artifacts: {
        rules: [{ log: 'always', compress: 'gzip' }],
        entries: { value: { path: 'reports/2026' } },
      },
    })
    expect(moved).toBeLessThan(30_000)
    const bytes = await ledger.seen.artifactBytes(make.id, 'reports/2026/value.txt.gz')
    expect(gunzipSync(bytes).toString()).toBe(text)
  })
})

describe('the policy on_failure', () => {
  const settings = rules({ log: 'on_failure' })

  it('uploads nothing of a run that succeeds', async () => {
    const value = await storedValue(storage, 'value', '[1]')
    const { make } = await record([value], settings)
    expect(make.tags['pipewright.artifact.value']).toBeUndefined()
  })

  it('uploads what the nodes of a failed run have made, to their runs', async () => {
    const value = await storedValue(storage, 'value', '[2]')
    const { make } = await record([value], settings, failure)
    expect(await ledger.seen.artifact(make.id, 'value.json')).toBe('[2]')
  })
})

describe('a value', () => {
  it('that is not what was committed is not uploaded, and a tag says so', async () => {
    const value = await storedValue(storage, 'value', 'x'.repeat(10_000), 'text')
    await storage.write(value.uri ?? '', Buffer.from('y'.repeat(10_000)))
    const { make } = await record([value], rules({ log: 'always' }))
    expect(make.tags['pipewright.artifact.value']).toMatch(
      /^not uploaded: .*not what was committed$/,
    )
    expect(make.tags['pipewright.content.value']).toBeUndefined()
  })

  it('of a node that has no run of its own goes to the run of the pipeline', async () => {
    const value = await storedValue(storage, 'value', '[3]')
    const { parent } = await record([value], { ...rules({ log: 'always' }), nodeRuns: 'none' })
    expect(await ledger.seen.artifact(parent.id, 'value.json')).toBe('[3]')
  })
})
