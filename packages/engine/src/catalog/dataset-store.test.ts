import { access, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import * as z from 'zod'

import { dataset, table } from '../definition/dataset.ts'
import { DatasetReference } from '../run/dataset-reference.ts'
import { catalogVersion } from './catalog-file.ts'
import { DatasetStore, type DatasetStoreOptions } from './dataset-store.ts'
import type { CatalogEntry } from './entry.ts'
import { LocalStorage } from './local-storage.ts'

const model = dataset('model', z.object({ weights: z.array(z.number()) }))
const days = table('days', z.object({ date: z.string(), wind: z.number() }))
const place = { runId: 'r1', node: 'train', attempt: 1 }
const version = '2026-11-23T16.44.18.123Z'

let root = ''
let storage: LocalStorage

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'pipewright-datasets-'))
  storage = new LocalStorage(join(root, 'store'))
})
afterEach(async () => {
  await rm(root, { recursive: true, force: true })
})

function store(
  catalog: Record<string, Partial<CatalogEntry>> = {},
  options: Partial<DatasetStoreOptions> = {},
): DatasetStore {
  const entries = Object.entries(catalog).map(([name, entry]) => [
    name,
    { type: 'json', filepath: `data/${name}.json`, versioned: false, ...entry },
  ])
  return new DatasetStore({ catalog: Object.fromEntries(entries), root, storage, ...options })
}

/** A value too large for the ledger. */
const large = { weights: Array.from({ length: 2000 }, (_, index) => index) }

describe('saving and loading by reference', () => {
  test('a text keeps the extension that its file has in the catalog', async () => {
    const plot = dataset('plot', z.string())
    const saved = async (filepath: string | null) => {
      const { extension } = await store({ plot: { type: 'text', filepath } }).save(
        plot,
        '<svg/>',
        place,
      )
      return extension
    }
    expect(await saved('data/plot.svg')).toBe('.svg')
    expect(await saved('data/plot.txt')).toBeUndefined()
    expect(await saved('data/plot.a b')).toBeUndefined()
    expect(await saved(null)).toBeUndefined()
    const made = await store({ model: { filepath: 'data/model.svg' } }).save(
      model,
      { weights: [] },
      place,
    )
    expect(made.extension).toBeUndefined()
  })

  test('keeps a small value in the reference, without touching the disk', async () => {
    const reference = await store().save(model, { weights: [1, 2] }, place)
    expect(reference).toEqual({
      dataset: 'model',
      format: 'json',
      bytes: 17,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      inline: '{"weights":[1,2]}',
      schema: [['weights', 'array<double>']],
    })
    expect(DatasetReference.parse(reference)).toEqual(reference)
    expect(await store().load(model, reference)).toEqual({ weights: [1, 2] })
    await expect(access(join(root, 'store'))).rejects.toThrow('ENOENT')
  })

  test('keeps text of 4096 bytes in the reference, and of 4097 in the store', async () => {
    const text = dataset('text', z.string())
    const at = await store({ text: { type: 'text' } }).save(text, 'é'.repeat(2048), place)
    const over = await store({ text: { type: 'text' } }).save(text, `${'é'.repeat(2048)}x`, place)
    expect([at.bytes, at.uri, over.bytes, over.inline]).toEqual([4096, undefined, 4097, undefined])
    expect(await store().load(text, over)).toBe(`${'é'.repeat(2048)}x`)
  })

  test('keeps bytes in the store, whatever their size, and needs no catalog entry for them', async () => {
    const image = dataset('image', z.instanceof(Uint8Array))
    const reference = await store().save(image, Uint8Array.of(1, 255), place)
    expect(reference).toMatchObject({ format: 'bytes', uri: 'runs/r1/train@1@image.bin' })
    expect(await store().load(image, reference)).toEqual(Uint8Array.of(1, 255))
  })

  test('writes a dataset of the catalog with its driver, and not to its catalog path', async () => {
    const reference = await store({ days: { type: 'csv' } }).save(
      days,
      [{ date: 'a', wind: 1 }],
      place,
    )
    expect(reference).toMatchObject({ format: 'csv', rows: 1, inline: 'date,wind\na,1\n' })
    expect(await readdir(root)).toEqual([])
    // A worker with another catalog still reads what the reference says.
    expect(await store().load(days, reference)).toEqual([{ date: 'a', wind: 1 }])
  })

  test('gives every attempt of every node run of every run a place of its own', async () => {
    const places = ['r1', 'r2'].flatMap((runId) =>
      [
        'score[1]',
        'score[17]',
        'tune[3]/fit[5]',
        'tune[3]fit[5]',
        'a.1',
        '../../x',
        'x'.repeat(300),
        'x'.repeat(301),
      ].flatMap((node) => [1, 2].map((attempt) => ({ runId, node, attempt }))),
    )
    const references = await Promise.all(
      places.map(
        async (each, index) =>
          await store().save(model, { weights: [index, ...large.weights] }, each),
      ),
    )
    expect(new Set(references.map((reference) => reference.uri)).size).toBe(places.length)
    for (const [index, reference] of references.entries()) {
      // oxlint-disable-next-line no-await-in-loop
      const loaded = await store().load(model, reference)
      expect(loaded).toEqual({ weights: [index, ...large.weights] })
    }
    expect(await readdir(root)).toEqual(['store'])
  })

  test('two overlapping runs never read each other’s data, though both publish to one path', async () => {
    const datasets = store({ model: {} })
    const [first, second] = await Promise.all([
      datasets.save(model, { weights: [1, ...large.weights] }, { ...place, runId: 'r1' }),
      datasets.save(model, { weights: [2, ...large.weights] }, { ...place, runId: 'r2' }),
    ])
    await datasets.publish(first, version)
    await datasets.publish(second, version)
    expect(await datasets.load(model, first)).toMatchObject({ weights: { 0: 1 } })
    expect(await datasets.load(model, second)).toMatchObject({ weights: { 0: 2 } })
  })

  test('a codec is written in its stored form and comes back in its own', async () => {
    const iso = z.codec(z.iso.datetime(), z.date(), {
      decode: (text) => new Date(text),
      encode: (date) => date.toISOString(),
    })
    const at = dataset('at', z.object({ at: iso }))
    const reference = await store().save(at, { at: new Date(0) }, place)
    expect(reference.inline).toBe('{"at":"1970-01-01T00:00:00.000Z"}')
    expect(await store().load(at, reference)).toEqual({ at: new Date(0) })
  })

  test('waits for a schema that checks asynchronously', async () => {
    const even = dataset(
      'even',
      z.number().refine(async (n) => await Promise.resolve(n % 2 === 0), 'Expected an even number'),
    )
    expect((await store().save(even, 2, place)).inline).toBe('2')
    await expect(store().save(even, 3, place)).rejects.toMatchObject({ code: 'DATASET_INVALID' })
  })
})

describe('refusing', () => {
  test('a value that does not fit names dataset, path, what was expected and when', async () => {
    const nested = dataset('nested', z.object({ rows: z.array(z.object({ x: z.number() })) }))
    await expect(
      store().save(nested, { rows: [{ x: 1 }, { x: 'two' }] }, place),
    ).rejects.toMatchObject({
      code: 'DATASET_INVALID',
      dataset: 'nested',
      message:
        "Dataset 'nested' cannot be saved: at /rows/1/x: Invalid input: expected number, received string.",
    })
  })

  test('a stored value that no longer fits says that it was loaded, and from where', async () => {
    const reference = await store().save(model, { weights: [1] }, place)
    const changed = dataset('model', z.object({ weights: z.array(z.string()) }))
    await expect(store().load(changed, reference)).rejects.toMatchObject({
      code: 'DATASET_INVALID',
      message: expect.stringContaining("'model' cannot be loaded from the ledger: at /weights/0: "),
    })
  })

  test('a table of a million wrong rows makes a short message, with the first row’s number', async () => {
    const rows = Array.from({ length: 1_000_000 }, (_, index) => ({
      date: 'a',
      wind: index < 4321 ? 1 : 'x',
    }))
    const error: unknown = await store()
      .save(days, rows, place)
      .catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      code: 'DATASET_INVALID',
      message: expect.stringContaining('at /4321/wind: '),
    })
    expect(String(error).length).toBeLessThan(500)
  })

  test('a rule of the whole array is applied to the whole array', async () => {
    const many = dataset('many', z.array(z.number()).min(1500))
    const value = Array.from({ length: 1500 }, () => 1)
    expect(await store().save(many, value, place)).toMatchObject({ bytes: 3001 })
  })

  test('of a union, the alternative that got furthest is the one named', async () => {
    const either = dataset(
      'either',
      z.union([z.string(), z.object({ a: z.object({ b: z.number() }) })]),
    )
    await expect(store().save(either, { a: { b: 'x' } }, place)).rejects.toThrow('at /a/b: ')
  })

  test('a transform without a way back is refused, not applied twice', async () => {
    const twice = dataset(
      'twice',
      z.number().transform((n) => n * 2),
    )
    await expect(store().save(twice, 4, place)).rejects.toMatchObject({
      code: 'DATASET_SCHEMA_ONE_WAY',
    })
  })

  test('an edited, a cut and a removed file of the store', async () => {
    const reference = await store().save(model, large, place)
    const path = storage.localPath(reference.uri ?? '')
    const content = await readFile(path, 'utf8')
    const corrupt = {
      code: 'DATASET_CORRUPT',
      dataset: 'model',
      message: expect.stringContaining(path),
    }
    await writeFile(path, content.replace('1', '2'))
    await expect(store().load(model, reference)).rejects.toMatchObject(corrupt)
    await writeFile(path, content.slice(0, -1))
    await expect(store().load(model, reference)).rejects.toMatchObject(corrupt)
    await rm(path)
    await expect(store().load(model, reference)).rejects.toMatchObject({
      code: 'DATASET_NOT_FOUND',
      message: expect.stringContaining(path),
    })
  })

  test('a type that has no driver, when the store is made', () => {
    expect(() => store({ model: { type: 'unheard' } })).toThrow(
      expect.objectContaining({ code: 'DATASET_TYPE_UNKNOWN' }),
    )
  })

  test('a path that cannot be reached, when the store is made', () => {
    expect(() => store({ model: { filepath: 'ftp://host/model.json' } })).toThrow(
      expect.objectContaining({ code: 'DATASET_PATH_UNSUPPORTED' }),
    )
  })
})

describe('the free inputs of a pipeline', () => {
  test('are read from their catalog path, relative to the project', async () => {
    await mkdir(join(root, 'data'))
    await writeFile(join(root, 'data', 'days.csv'), 'date,wind\na,3.2\n')
    const datasets = store({ days: { type: 'csv', filepath: 'data/days.csv' } })
    expect(await datasets.loadFromCatalog(days)).toEqual([{ date: 'a', wind: 3.2 }])
  })

  test('a file address and an absolute path are the same place', async () => {
    await writeFile(join(root, 'model.json'), '{"weights":[]}')
    const absolute = store({ model: { filepath: join(root, 'model.json') } })
    const address = store({ model: { filepath: `file://${join(root, 'model.json')}` } })
    expect(await absolute.loadFromCatalog(model)).toEqual({ weights: [] })
    expect(await address.loadFromCatalog(model)).toEqual({ weights: [] })
  })

  test('that cannot be read say so, rather than that they are missing', async () => {
    await mkdir(join(root, 'data'))
    await symlink('model.json', join(root, 'data', 'model.json'))
    const refusal = { code: 'DATASET_NOT_READABLE', message: expect.stringContaining('ELOOP') }
    await expect(store({ model: {} }).loadFromCatalog(model)).rejects.toMatchObject(refusal)
    await expect(store({ model: {} }).missing(['model'])).rejects.toMatchObject(refusal)
  })

  test('that are missing are all named, with the path where there is one', async () => {
    await mkdir(join(root, 'data'))
    await writeFile(join(root, 'data', 'model.json'), '{}')
    const datasets = store({ model: {}, days: {} })
    expect(await datasets.missing(['model', 'days', 'other'])).toEqual([
      { dataset: 'days', path: join(root, 'data', 'days.json') },
      { dataset: 'other', path: undefined },
    ])
    await expect(datasets.loadFromCatalog(days)).rejects.toMatchObject({
      code: 'DATASET_NOT_FOUND',
      dataset: 'days',
      message: expect.stringContaining(join(root, 'data', 'days.json')),
    })
    await expect(store().loadFromCatalog(days)).rejects.toMatchObject({ code: 'DATASET_NOT_FOUND' })
  })
})

describe('publication', () => {
  test('puts the committed bytes at the catalog path, and again changes nothing', async () => {
    const datasets = store({ model: { filepath: 'data/06_models/model.json' } })
    const reference = await datasets.save(model, large, place)
    const path = join(root, 'data', '06_models', 'model.json')
    expect(await datasets.publish(reference, version)).toBe(path)
    expect(await datasets.publish(reference, version)).toBe(path)
    expect(JSON.parse(await readFile(path, 'utf8'))).toEqual(large)
    expect(await readdir(join(root, 'data', '06_models'))).toEqual(['model.json'])
    expect(await datasets.loadFromCatalog(model)).toEqual(large)
  })

  test('leaves a dataset alone that the catalog does not list', async () => {
    const reference = await store().save(model, large, place)
    expect(await store().publish(reference, version)).toBeUndefined()
  })

  test('many at once leave one whole file and nothing beside it', async () => {
    const datasets = store({ model: {} })
    const references = await Promise.all(
      Array.from(
        { length: 20 },
        async (_, index) =>
          await datasets.save(
            model,
            { weights: [index, ...large.weights] },
            { ...place, runId: `r${index}` },
          ),
      ),
    )
    await Promise.all(
      references.map(async (reference) => await datasets.publish(reference, version)),
    )
    expect(await readdir(join(root, 'data'))).toEqual(['model.json'])
    expect(await datasets.loadFromCatalog(model)).toMatchObject({ weights: { length: 2001 } })
  })

  test('publishes nothing of a file that is not what was committed', async () => {
    const datasets = store({ model: {} })
    const reference = await datasets.save(model, large, place)
    await writeFile(storage.localPath(reference.uri ?? ''), '{"weights":[]}')
    await expect(datasets.publish(reference, version)).rejects.toMatchObject({
      code: 'DATASET_CORRUPT',
    })
    expect(await readdir(root)).toEqual(['store'])
  })

  test('a folder in the way is named', async () => {
    const datasets = store({ model: {} })
    const reference = await datasets.save(model, large, place)
    await mkdir(join(root, 'data', 'model.json'), { recursive: true })
    await expect(datasets.publish(reference, version)).rejects.toMatchObject({
      code: 'DATASET_NOT_WRITABLE',
      message: expect.stringContaining(join(root, 'data', 'model.json')),
    })
  })
})

describe('a versioned dataset', () => {
  const later = '2026-11-24T00.00.00.000Z'

  test('keeps each version as Kedro does, newest first, and loads the newest', async () => {
    const datasets = store({ model: { versioned: true } })
    const old = await datasets.save(model, { weights: [1] }, place)
    const recent = await datasets.save(model, { weights: [2] }, { ...place, runId: 'r2' })
    expect(await datasets.publish(old, version)).toBe(
      join(root, 'data', 'model.json', version, 'model.json'),
    )
    await datasets.publish(recent, later)
    expect(await datasets.versions('model')).toEqual([later, version])
    expect(await datasets.loadFromCatalog(model)).toEqual({ weights: [2] })
    expect(await datasets.missing(['model'])).toEqual([])
  })

  test('loads the version that is asked for', async () => {
    const datasets = store({ model: { versioned: true } })
    await datasets.publish(await datasets.save(model, { weights: [1] }, place), version)
    await datasets.publish(await datasets.save(model, { weights: [2] }, place), later)
    const pinned = store({ model: { versioned: true } }, { loadVersions: { model: version } })
    expect(await pinned.loadFromCatalog(model)).toEqual({ weights: [1] })
    const absent = store(
      { model: { versioned: true } },
      { loadVersions: { model: '2020-01-01T00.00.00.000Z' } },
    )
    await expect(absent.loadFromCatalog(model)).rejects.toThrow('2020-01-01T00.00.00.000Z')
    expect(await absent.missing(['model'])).toHaveLength(1)
  })

  test('a version never changes: the same again is silent, another content is refused', async () => {
    const datasets = store({ model: { versioned: true } })
    const first = await datasets.save(model, { weights: [1] }, place)
    const second = await datasets.save(model, { weights: [2] }, place)
    await datasets.publish(first, version)
    await datasets.publish(first, version)
    await expect(datasets.publish(second, version)).rejects.toMatchObject({
      code: 'DATASET_VERSION_EXISTS',
    })
    expect(await datasets.loadFromCatalog(model)).toEqual({ weights: [1] })
  })

  test('a version that a crash left without its file is not one', async () => {
    await mkdir(join(root, 'data', 'model.json', later), { recursive: true })
    await mkdir(join(root, 'data', 'model.json', '.a folder of something else'))
    const datasets = store({ model: { versioned: true } })
    expect(await datasets.versions('model')).toEqual([])
    expect(await datasets.missing(['model'])).toHaveLength(1)
  })

  test.each(['../escape', '', 'a/b', '.'])('%j is no version', async (name) => {
    const datasets = store({ model: { versioned: true } })
    const reference = await datasets.save(model, { weights: [1] }, place)
    await expect(datasets.publish(reference, name)).rejects.toMatchObject({
      code: 'DATASET_VERSION_INVALID',
    })
  })

  test('its name is the time of the commit as Kedro writes it', () => {
    expect(catalogVersion(new Date('2026-11-23T16:44:18.123Z'))).toBe(version)
  })
})
