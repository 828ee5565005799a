import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import * as z from 'zod'

import { dataset, partitioned, table, type Partitions } from '../definition/dataset.ts'
import { DatasetReference } from '../run/dataset-reference.ts'
import { DatasetStore } from './dataset-store.ts'
import type { Catalog, Partitions as Settings } from './entry.ts'
import { LocalStorage } from './local-storage.ts'

type Rows = Partitions<{ readonly wind: number }[]>

const stations = partitioned(table('stations', z.object({ wind: z.number() })))
const place = { runId: 'r1', node: 'split', attempt: 1 }
const version = '2026-11-23T16.44.18.123Z'

let root = ''

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'pipewright-partitions-'))
})
afterEach(async () => {
  await rm(root, { recursive: true, force: true })
})

function store(settings?: Partial<Settings>): DatasetStore {
  const partitions = { suffix: '.csv', overwrite: false, ...settings }
  const entry = { type: 'csv', filepath: 'data/stations', versioned: false, partitions }
  const catalog: Catalog = settings === undefined ? {} : { stations: entry }
  return new DatasetStore({ catalog, root, storage: new LocalStorage(join(root, 'store')) })
}

async function put(...paths: string[]): Promise<void> {
  for (const path of paths) {
    const file = join(root, 'data/stations', path)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, 'wind\n1.5\n')
  }
}

/** All values of lazy partitions. */
async function values(loaded: unknown): Promise<Readonly<Record<string, unknown>>> {
  // The dataset's own type.
  const partitions = Object.entries(loaded as Rows)
  return Object.fromEntries(
    await Promise.all(partitions.map(async ([id, load]) => [id, await load()] as const)),
  )
}

describe('partitions of a node', () => {
  test('come back by reference, each loaded when it is asked for', async () => {
    const made = {
      berlin: () => [{ wind: 1 }],
      'north/oslo': async () => Promise.resolve([{ wind: 2 }]),
    }
    const reference = await store().save(stations, made, place)
    expect(DatasetReference.parse(reference)).toMatchObject({ format: 'partitions' })
    expect(await values(await store().load(stations, reference))).toEqual({
      berlin: [{ wind: 1 }],
      'north/oslo': [{ wind: 2 }],
    })
  })

  test('are made one after the other, in the order of their ids', async () => {
    const order: string[] = []
    const make = (id: string) => async () => {
      order.push(`begin ${id}`)
      await new Promise((resolve) => setImmediate(resolve))
      order.push(`end ${id}`)
      return [{ wind: 1 }]
    }
    await store().save(stations, { b: make('b'), a: make('a') }, place)
    expect(order).toEqual(['begin a', 'end a', 'begin b', 'end b'])
  })

  test('that do not fit the schema are named', async () => {
    await expect(
      store().save(stations, { berlin: () => [{ wind: 'x' }] }, place),
    ).rejects.toMatchObject({
      code: 'DATASET_INVALID',
      message: expect.stringContaining("'stations/berlin'"),
    })
  })

  test.each([
    '',
    '/etc/passwd',
    '../x',
    'a/../b',
    'a//b',
    'a/',
    '.',
    'a\\b',
    'a\0b',
    'x'.repeat(501),
  ])('cannot have the id %j', async (id) => {
    await expect(store().save(stations, { [id]: () => [] }, place)).rejects.toMatchObject({
      code: 'DATASET_PARTITION_INVALID',
    })
  })

  test('in great number lie in the store, and so does what says where they are', async () => {
    const many = Object.fromEntries(
      Array.from({ length: 100 }, (_, index) => [`s${index}`, () => [{ wind: index }]]),
    )
    const reference = await store({}).save(stations, many, place)
    expect(reference).toMatchObject({ uri: 'runs/r1/split@1@stations.json' })
    const loaded = await values(await store({}).load(stations, reference))
    expect(loaded).toMatchObject({ s0: [{ wind: 0 }], s99: [{ wind: 99 }] })
  })
})

describe('a partitioned dataset of the catalog', () => {
  test('is every file of the folder with its suffix, at any depth', async () => {
    await put('berlin.csv', 'north/oslo.csv', 'notes.txt')
    const { value, read } = await store({}).readFromCatalog(stations)
    expect(await values(value)).toEqual({ berlin: [{ wind: 1.5 }], 'north/oslo': [{ wind: 1.5 }] })
    expect(read).toMatchObject({ dataset: 'stations', format: 'csv', bytes: 18 })
  })

  test('does not follow links out of its folder', async () => {
    await put('berlin.csv')
    await writeFile(join(root, 'secret.csv'), 'wind\n9\n')
    await symlink(join(root, 'secret.csv'), join(root, 'data/stations/linked.csv'))
    await symlink(root, join(root, 'data/stations/all'))
    const { value } = await store({}).readFromCatalog(stations)
    expect(Object.keys(value as Rows)).toEqual(['berlin'])
  })

  test('that has no partitions is not there', async () => {
    expect(await store({}).missing(['stations'])).toHaveLength(1)
    await expect(store({}).readFromCatalog(stations)).rejects.toMatchObject({
      code: 'DATASET_NOT_FOUND',
    })
    await put('berlin.csv')
    expect(await store({}).missing(['stations'])).toEqual([])
  })

  test('is published file by file, again with no change, and with overwrite alone', async () => {
    await put('old.csv', 'keep.txt')
    const reference = await store({}).save(stations, { 'north/oslo': () => [{ wind: 2 }] }, place)
    await store({}).publish(reference, version)
    await store({}).publish(reference, version)
    const folder = join(root, 'data/stations')
    expect((await readdir(folder)).toSorted()).toEqual(['keep.txt', 'north', 'old.csv'])
    expect(await readFile(join(folder, 'north/oslo.csv'), 'utf8')).toBe('wind\n2\n')
    await store({ overwrite: true }).publish(reference, version)
    expect((await readdir(folder)).toSorted()).toEqual(['keep.txt', 'north'])
  })

  test('is one value with all partitions for a schema of a record', async () => {
    await put('berlin.csv')
    const all = dataset('stations', z.record(z.string(), z.array(z.object({ wind: z.number() }))))
    expect((await store({}).readFromCatalog(all)).value).toEqual({ berlin: [{ wind: 1.5 }] })
    const reference = await store({}).save(all, { oslo: [{ wind: 3 }] }, place)
    expect(await store({}).load(all, reference)).toEqual({ oslo: [{ wind: 3 }] })
  })

  test('is refused where code and catalog do not agree that it is one', async () => {
    await put('berlin.csv')
    const one = table('stations', z.object({ wind: z.number() }))
    await expect(store({}).readFromCatalog(one)).rejects.toMatchObject({
      code: 'DATASET_NOT_PARTITIONED',
    })
    const file = { stations: { type: 'csv', filepath: 'stations.csv', versioned: false } }
    const plain = new DatasetStore({ catalog: file, root, storage: new LocalStorage(root) })
    await expect(plain.save(stations, {}, place)).rejects.toMatchObject({
      code: 'DATASET_NOT_PARTITIONED',
    })
  })
})

describe('an incremental dataset', () => {
  test('is what lies behind its checkpoint, which never moves back', async () => {
    const growing = store({ incremental: {} })
    await put('2015-01.csv', '2015-02.csv')
    expect(await growing.readFromCatalog(stations)).toMatchObject({ checkpoint: '2015-02' })
    await growing.moveCheckpoint('stations', '2015-01')
    expect(Object.keys((await growing.readFromCatalog(stations)).value as Rows)).toEqual([
      '2015-02',
    ])
    await growing.moveCheckpoint('stations', '2015-02')
    await growing.moveCheckpoint('stations', '2015-01')
    expect(await growing.readFromCatalog(stations)).toMatchObject({ value: {}, checkpoint: '' })
    expect(await readFile(join(root, 'data/stations/CHECKPOINT'), 'utf8')).toBe('2015-02')
  })

  test('says where its checkpoint cannot be written', async () => {
    await put('a.csv', 'CHECKPOINT/x')
    const growing = store({ incremental: {} })
    await expect(growing.moveCheckpoint('stations', 'a')).rejects.toMatchObject({
      code: 'DATASET_NOT_WRITABLE',
      message: expect.stringContaining('data/stations/CHECKPOINT'),
    })
  })

  test('may have its checkpoint elsewhere, or be told where to begin', async () => {
    await put('a.csv', 'b.csv', 'CHECKPOINT')
    const elsewhere = store({ suffix: '', incremental: { filepath: 'data/marks/stations' } })
    await elsewhere.moveCheckpoint('stations', 'a.csv')
    expect(await readFile(join(root, 'data/marks/stations'), 'utf8')).toBe('a.csv')
    expect(Object.keys((await elsewhere.readFromCatalog(stations)).value as Rows)).toEqual([
      'b.csv',
    ])
    const begin = async (force: string): Promise<readonly string[]> => {
      const { value } = await store({ incremental: { force } }).readFromCatalog(stations)
      return Object.keys(value as Rows)
    }
    expect(await begin('')).toEqual(['a', 'b'])
    expect(await begin('a')).toEqual(['b'])
  })

  test('of which there is nothing yet is empty, and no input that is missing', async () => {
    const growing = store({ incremental: {} })
    expect(await growing.missing(['stations'])).toEqual([])
    expect(await growing.readFromCatalog(stations)).toMatchObject({ value: {}, checkpoint: '' })
  })
})
