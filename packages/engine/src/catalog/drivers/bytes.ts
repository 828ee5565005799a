import type { Dataset } from '../../definition/dataset.ts'
import { DatasetError } from '../../errors.ts'
import type { Driver } from '../driver.ts'

/** A `Uint8Array` as it is. */
export const bytes: Driver = {
  name: 'bytes',
  extension: '.bin',
  mediaType: 'application/octet-stream',
  text: false,
  encode(value: unknown, dataset: Dataset): Uint8Array {
    if (value instanceof Uint8Array) return value
    throw new DatasetError(
      'DATASET_NOT_ENCODABLE',
      `Dataset '${dataset.name}' cannot be written as bytes: it is not a Uint8Array.`,
      {
        dataset: dataset.name,
        hint: 'Return a Uint8Array, or give the dataset another type in the catalog.',
      },
    )
  },
  decode(encoded: Uint8Array): Uint8Array {
    // A plain Uint8Array, whatever subclass the file system gave: equal values must compare equal.
    return new Uint8Array(encoded.buffer, encoded.byteOffset, encoded.byteLength)
  },
}
