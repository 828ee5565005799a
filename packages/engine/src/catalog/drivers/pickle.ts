import type { Dataset } from '../../definition/dataset.ts'
import { DatasetError } from '../../errors.ts'
import type { Driver } from '../driver.ts'

/** Bytes that Python's pickle wrote. They pass through here between nodes in Python and are never read. */
export const pickle: Driver = {
  name: 'pickle',
  extension: '.pkl',
  mediaType: 'application/octet-stream',
  text: false,
  encode(value: unknown, { name }: Dataset): Uint8Array {
    if (value instanceof Uint8Array) return value
    throw new DatasetError(
      'DATASET_NOT_ENCODABLE',
      `Dataset '${name}' cannot be saved: at /: only a node in Python can make a pickle.`,
      { dataset: name, hint: 'Give its entry another type, such as json, or make it in Python.' },
    )
  },
  decode(_bytes: Uint8Array, { name }: Dataset, where: string): unknown {
    throw new DatasetError(
      'DATASET_PICKLE_REFUSED',
      `Dataset '${name}' at ${where} is a pickle, which a node in TypeScript cannot read.`,
      { dataset: name, hint: 'Let a node in Python read it and hand on json, csv or parquet.' },
    )
  },
}
