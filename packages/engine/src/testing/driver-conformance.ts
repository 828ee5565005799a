import assert from 'node:assert/strict'

import type { Driver } from '../catalog/driver.ts'
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
  /** At least one; corners of the format: empty, large, awkward characters. */
  readonly samples: readonly DriverSample[]
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
  assert.ok(options.samples.length > 0, 'A suite without samples proves nothing.')
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
