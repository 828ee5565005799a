import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import * as z from 'zod'

import { stream, table } from '../definition/dataset.ts'
import { node } from '../definition/node.ts'
import { pipeline } from '../definition/pipeline.ts'
import { memoryStorage } from '../run/memory-storage.ts'
import { runNode } from '../testing/run-node.ts'
import { runPipeline } from '../testing/run-pipeline.ts'
import { DatasetStore } from './dataset-store.ts'
import type { CatalogEntry } from './entry.ts'
import { LocalStorage } from './local-storage.ts'
import type { Storage } from './storage.ts'

const Row = z.object({ id: z.int(), name: z.string() })
const events = stream('events', Row)
const eventTable = table('events', Row)
const place = { runId: 'r1', node: 'make', attempt: 1 }
const version = '2026-11-23T16.44.18.123Z'
const many = 11_000

let root = ''
let storage: LocalStorage

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'pipewright-streams-'))
  storage = new LocalStorage(join(root, 'store'))
})
afterEach(async () => {
  await rm(root, { recursive: true, force: true })
})

function store(entry?: Partial<CatalogEntry>): DatasetStore {
  const listed = { type: 'csv', filepath: 'data/events.csv', versioned: false, ...entry }
  return new DatasetStore({ catalog: entry === undefined ? {} : { events: listed }, root, storage })
}

async function* rows(count: number): AsyncGenerator<z.output<typeof Row>> {
  for (let id = 0; id < count; id += 1) yield await Promise.resolve({ id, name: `n${id}` })
}

async function* wrongRows(): AsyncGenerator {
  yield* rows(1234)
  yield { id: 1.5, name: 'x' }
}

async function* failingRows(): AsyncGenerator {
  yield* rows(5000)
  throw new Error('the source dried up')
}

const walked = async (value: unknown): Promise<unknown[]> =>
  // What a stream is loaded as.
  await gathered(value as AsyncIterable<unknown>)

describe.each([
  ['as the catalog says, in csv', { type: 'csv' }, 'csv'],
  [
    'as the catalog says, in parquet',
    { type: 'parquet', filepath: 'data/events.parquet' },
    'parquet',
  ],
  ['in ndjson where the catalog does not list it', undefined, 'ndjson'],
] as const)('a stream is kept %s', (_, entry, format) => {
  test('with its size, its digest and what its rows hold', async () => {
    const reference = await store(entry).save(events, rows(many), place)
    expect(reference).toMatchObject({
      format,
      rows: many,
      schema: [
        ['id', 'long'],
        ['name', 'string'],
      ],
      profile: { rows: many, columns: 2, stats: { id: { min: 0, mean: expect.any(Number) } } },
    })
    expect(reference.bytes).toBe((await storage.read(reference.uri ?? ''))?.byteLength)
  })

  test('comes back row by row, as often as it is walked, also as a table', async () => {
    const reference = await store(entry).save(events, rows(many), place)
    const loaded = await store(entry).load(events, reference)
    const expected = await gathered(rows(many))
    expect(await walked(loaded)).toEqual(expected)
    expect(await walked(loaded)).toEqual(expected)
    expect(await store(entry).load(eventTable, reference)).toEqual(expected)
  })

  test('a table is read as a stream', async () => {
    const value = await gathered(rows(3))
    const listed = { type: format, filepath: `data/events.${format}` }
    const reference = await store(listed).save(eventTable, value, place)
    expect(await walked(await store(listed).load(events, reference))).toEqual(value)
  })

  test('and is refused to whoever walks it when it is not what was written', async () => {
    const reference = await store(entry).save(events, rows(many), place)
    const path = storage.localPath(reference.uri ?? '')
    const bytes = await readFile(path)
    bytes[100] = (bytes[100] ?? 0) ^ 1
    await writeFile(path, bytes)
    const loaded = await store(entry).load(events, reference)
    await expect(walked(loaded)).rejects.toMatchObject({ code: expect.stringMatching(/^DATASET_/) })
    await writeFile(path, bytes.subarray(0, -1))
    await expect(store(entry).load(events, reference)).rejects.toMatchObject({
      code: 'DATASET_CORRUPT',
    })
  })
})

describe('a stream', () => {
  test('of no rows is one', async () => {
    const reference = await store({}).save(events, rows(0), place)
    expect(reference.rows).toBe(0)
    expect(await walked(await store({}).load(events, reference))).toEqual([])
  })

  test('whose rows the schema refuses names the place of the first', async () => {
    await expect(store({}).save(events, wrongRows(), place)).rejects.toMatchObject({
      code: 'DATASET_INVALID',
      message: expect.stringContaining('/1234/id'),
    })
    expect(await storage.list('')).toEqual([])
  })

  test('whose rows throw leaves nothing behind, and their own error', async () => {
    await expect(store({}).save(events, failingRows(), place)).rejects.toThrow(
      'the source dried up',
    )
    expect(await storage.list('')).toEqual([])
  })

  test('is made as fast as it is written, and no faster', async () => {
    let produced = 0
    const counted = async function* (): AsyncGenerator {
      for await (const row of rows(1_000_000)) {
        produced += 1
        yield row
      }
    }
    const slow: Storage = {
      ...memoryStorage(),
      async writeStream(_path, pieces) {
        for await (const piece of pieces) if (piece.byteLength > 100) break
      },
    }
    const catalog = { events: { type: 'csv', filepath: 'data/events.csv', versioned: false } }
    await new DatasetStore({ catalog, root, storage: slow }).save(events, counted(), place)
    expect(produced).toBeLessThan(2000)
  })

  test('is read as far as it is walked, and no farther', async () => {
    const reference = await store({}).save(events, rows(200_000), place)
    let read = 0
    const watched: Storage = {
      ...memoryStorage(),
      size: async () => await Promise.resolve(reference.bytes),
      async stream(path) {
        const pieces = await storage.stream(path)
        return (async function* () {
          for await (const piece of pieces ?? []) {
            read += piece.byteLength
            yield piece
          }
        })()
      },
    }
    const catalog = { events: { type: 'csv', filepath: 'data/events.csv', versioned: false } }
    const loaded = await new DatasetStore({ catalog, root, storage: watched }).load(
      events,
      reference,
    )
    // What a stream is loaded as.
    for await (const row of loaded as AsyncIterable<{ id: number }>) if (row.id === 10) break
    expect(read).toBeLessThan(reference.bytes / 2)
  })

  test('of the type json is refused by name', async () => {
    const saving = store({ type: 'json', filepath: 'data/events.json' }).save(
      events,
      rows(1),
      place,
    )
    await expect(saving).rejects.toMatchObject({
      code: 'DATASET_NOT_STREAMABLE',
      dataset: 'events',
    })
  })

  test('that is no stream is refused', async () => {
    await expect(store({}).save(events, [{ id: 1, name: 'x' }], place)).rejects.toMatchObject({
      code: 'DATASET_INVALID',
    })
  })

  test('is published to its path, and read from there', async () => {
    const catalog = store({})
    const reference = await catalog.save(events, rows(10), place)
    await catalog.publish(reference, version)
    expect(await readFile(join(root, 'data/events.csv'), 'utf8')).toMatch(/^id,name\n0,n0\n/)
    const { value, read } = await catalog.readFromCatalog(events)
    expect(await walked(value)).toHaveLength(10)
    expect(read).toMatchObject({ bytes: reference.bytes, sha256: reference.sha256, format: 'csv' })
  })

  test('that is not at its path is told as any other dataset is', async () => {
    await expect(store({}).readFromCatalog(events)).rejects.toMatchObject({
      code: 'DATASET_NOT_FOUND',
    })
  })
})

describe('nodes', () => {
  const make = node({
    name: 'make',
    inputs: {},
    outputs: { events },
    run: (_, { metric }) => ({
      events: (async function* () {
        for await (const row of rows(3000)) {
          if (row.id % 1000 === 0) metric('made', row.id)
          yield row
        }
      })(),
    }),
  })
  const total = table('total', z.object({ count: z.int(), sum: z.int() }))
  const add = node({
    name: 'add',
    inputs: { events },
    outputs: { total },
    async run({ events }) {
      let [count, sum] = [0, 0]
      for await (const { id } of events) [count, sum] = [count + 1, sum + id]
      return { total: [{ count, sum }] }
    },
  })
  const whole = node({
    name: 'whole',
    inputs: { events: eventTable },
    outputs: { last: table('last', Row) },
    run: ({ events }) => ({ last: events.slice(-1) }),
  })

  test('pass rows to each other; one that wants a table gets them together', async () => {
    const run = await runPipeline(pipeline('rows', [make, add, whole]))
    expect(run.outputs).toMatchObject({
      total: [{ count: 3000, sum: 4_498_500 }],
      last: [{ id: 2999 }],
    })
  })

  test('record metrics while their rows are made', async () => {
    const { metrics, outputs } = await runNode(make, {})
    expect(metrics).toEqual({ made: 2000 })
    expect(await walked(outputs.events)).toHaveLength(3000)
  })

  test('stop making rows when they are aborted', async () => {
    const abort = new AbortController()
    const endless = node({
      name: 'endless',
      inputs: {},
      outputs: { events },
      run: () => ({
        events: (async function* () {
          for await (const row of rows(Infinity)) {
            if (row.id === 1000) abort.abort(new Error('that is enough'))
            yield row
          }
        })(),
      }),
    })
    await expect(runNode(endless, { signal: abort.signal })).rejects.toThrow('that is enough')
  })

  test('are given rows by a test, checked as loaded ones', async () => {
    expect((await runNode(add, { inputs: { events: rows(4) } })).outputs.total).toEqual([
      { count: 4, sum: 6 },
    ])
    const wrong = (async function* () {
      yield await Promise.resolve({ id: 'one', name: '' })
    })()
    // Wrong on purpose.
    const inputs = { events: wrong as unknown as AsyncIterable<z.output<typeof Row>> }
    await expect(runNode(add, { inputs })).rejects.toMatchObject({ code: 'DATASET_INVALID' })
  })
})

async function gathered<T>(rows: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const row of rows) all.push(row)
  return all
}
