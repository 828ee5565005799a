import assert from 'node:assert/strict'

import type { Driver, StreamSource } from '../catalog/driver.ts'
import type { Dataset } from '../definition/dataset.ts'
import { DatasetError } from '../errors.ts'
import type { ConformanceCase } from './conformance-case.ts'

/** A value that a driver must bring back as it was. */
export interface DriverSample {
  readonly name: string
  readonly dataset: Dataset
  readonly value: unknown
}

/** What a driver's suite needs. */
export interface DriverConformanceOptions {
  readonly driver: Driver
  /** At least one, unless the driver only reads; corners of the format: empty, large, awkward characters. */
  readonly samples: readonly DriverSample[]
  /** Files that others wrote, and their values. Default: none. */
  readonly files?: readonly (DriverSample & { readonly bytes: Uint8Array })[]
  /** Values that the format cannot hold, with the path that the message must name. */
  readonly refused: readonly (DriverSample & { readonly path: string })[]
  /** Bytes that are not of the format. Default: none, for a format that takes any bytes. */
  readonly broken?: readonly {
    readonly name: string
    readonly dataset: Dataset
    readonly bytes: Uint8Array
  }[]
}

const where = 'data/sample'

/**
 * What every format driver holds: a value comes back as it was, or is refused by name; bytes are never half read.
 * Needs no test framework.
 *
 * @example
 * test.each(driverConformance({ driver: json, samples, refused }))('$name', async ({ run }) => await run())
 */
export function driverConformance(options: DriverConformanceOptions): readonly ConformanceCase[] {
  const { driver } = options
  const files = options.files ?? []
  assert.ok(options.samples.length + files.length > 0, 'A suite without samples proves nothing.')
  return [
    {
      name: 'says its name, extension and media type',
      run: async () => {
        assert.match(driver.name, /^[a-z][a-z0-9]*$/)
        assert.match(driver.extension, /^\.[a-z0-9]+$/)
        assert.match(driver.mediaType, /^[a-z]+\/[a-z0-9.+-]+/)
        await Promise.resolve()
      },
    },
    ...options.samples.flatMap((sample) => sampleCases(driver, sample)),
    ...options.samples.flatMap((sample) => streamCases(driver, sample)),
    ...files.map((sample) => fileCase(driver, sample)),
    ...options.refused.map((sample) => refusedCase(driver, sample)),
    ...(options.broken ?? []).map((sample) => ({
      name: `refuses ${sample.name}, naming the dataset and where it lies`,
      run: async () => {
        const error = await errorOf(
          async () => await driver.decode(sample.bytes, sample.dataset, where),
        )
        assertDatasetError(error, 'DATASET_NOT_DECODABLE', sample.dataset)
        assert.ok(error.message.includes(where), `"${error.message}" does not say where`)
      },
    })),
  ]
}

function sampleCases(driver: Driver, sample: DriverSample): readonly ConformanceCase[] {
  return [
    {
      name: `brings back ${sample.name} as it was`,
      run: async () => {
        const bytes = await driver.encode(sample.value, sample.dataset)
        assert.ok(bytes instanceof Uint8Array)
        assert.deepEqual(await driver.decode(bytes, sample.dataset, where), sample.value)
        if (driver.text) new TextDecoder('utf-8', { fatal: true }).decode(bytes)
      },
    },
    {
      name: `writes ${sample.name} the same each time, so that equal values have equal hashes`,
      run: async () => {
        const first = await driver.encode(sample.value, sample.dataset)
        const second = await driver.encode(sample.value, sample.dataset)
        assert.equal(Buffer.compare(first, second), 0)
      },
    },
    {
      name: `reads ${sample.name} from a view into a larger buffer, and leaves the bytes alone`,
      run: async () => {
        const bytes = await driver.encode(sample.value, sample.dataset)
        const buffer = new Uint8Array(bytes.byteLength + 8).fill(0x7e)
        buffer.set(bytes, 3)
        const before = Buffer.from(buffer)
        const view = buffer.subarray(3, 3 + bytes.byteLength)
        assert.deepEqual(await driver.decode(view, sample.dataset, where), sample.value)
        assert.equal(Buffer.compare(before, buffer), 0)
      },
    },
  ]
}

function fileCase(
  driver: Driver,
  { name, dataset, bytes, value }: DriverSample & { readonly bytes: Uint8Array },
): ConformanceCase {
  return {
    name: `reads ${name}`,
    run: async () => assert.deepEqual(await driver.decode(bytes, dataset, where), value),
  }
}

/** What a driver holds that reads and writes rows as they come. */
function streamCases(
  { rows, ...driver }: Driver,
  { name, dataset, value }: DriverSample,
): readonly ConformanceCase[] {
  if (rows === undefined || !Array.isArray(value)) return []
  const written = async (): Promise<Buffer> => {
    const pieces: Uint8Array[] = []
    for await (const piece of rows.encode(inParts(value, 2), dataset)) pieces.push(piece)
    return Buffer.concat(pieces)
  }
  const read = async (bytes: Uint8Array): Promise<unknown[]> => {
    const found: unknown[] = []
    for await (const batch of rows.decode(cutSource(bytes), dataset, where)) found.push(...batch)
    return found
  }
  return [
    {
      name: `writes ${name} in batches, so that it reads back whole`,
      run: async () =>
        assert.deepEqual(await driver.decode(await written(), dataset, where), value),
    },
    {
      name: `reads ${name} in pieces, whether written whole or in batches`,
      run: async () => {
        assert.deepEqual(await read(await driver.encode(value, dataset)), value)
        assert.deepEqual(await read(await written()), value)
      },
    },
    {
      name: `gives up ${name} when its reader does`,
      run: async () => {
        const bytes = await driver.encode(value, dataset)
        for await (const batch of rows.decode(cutSource(bytes), dataset, where)) {
          assert.ok(Array.isArray(batch))
          break
        }
      },
    },
  ]
}

async function* inParts(values: readonly unknown[], size: number): AsyncGenerator<unknown[]> {
  for (let start = 0; start < values.length; start += size)
    yield await Promise.resolve(values.slice(start, start + size))
}

/** Pieces of a few bytes while they are few, for those cut lines, characters and numbers. */
function cutSource(bytes: Uint8Array): StreamSource {
  const size = Math.max(3, Math.ceil(bytes.byteLength / 100))
  return {
    bytes: bytes.byteLength,
    read: async (start, end) => await Promise.resolve(bytes.slice(start, end)),
    async *pieces() {
      for (let start = 0; start < bytes.byteLength; start += size)
        yield await Promise.resolve(bytes.slice(start, start + size))
    },
  }
}

function refusedCase(
  driver: Driver,
  sample: DriverSample & { readonly path: string },
): ConformanceCase {
  return {
    name: `refuses ${sample.name}, naming the dataset and ${sample.path}`,
    run: async () => {
      const error = await errorOf(async () => await driver.encode(sample.value, sample.dataset))
      assertDatasetError(error, 'DATASET_NOT_ENCODABLE', sample.dataset)
      assert.ok(
        error.message.includes(sample.path),
        `"${error.message}" does not name ${sample.path}`,
      )
      assert.ok(error.message.length < 2000, 'the message is as long as the value')
    },
  }
}

async function errorOf(work: () => Promise<unknown>): Promise<unknown> {
  try {
    await work()
  } catch (error) {
    return error
  }
  return undefined
}

function assertDatasetError(
  error: unknown,
  code: string,
  dataset: Dataset,
): asserts error is DatasetError {
  assert.ok(error instanceof DatasetError, `expected a DatasetError, got ${String(error)}`)
  assert.equal(error.code, code)
  assert.equal(error.dataset, dataset.name)
  assert.ok(error.message.includes(dataset.name), `"${error.message}" does not name the dataset`)
  assert.ok(error.hint !== undefined, 'an error says what to do')
}
