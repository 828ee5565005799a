import type { Dataset } from '../../definition/dataset.ts'
import type { Driver } from '../driver.ts'
import { bytes } from './bytes.ts'

/** A packed model: the bytes of its tar. The format tells the adapter to record it as a model. */
export const model: Driver = {
  name: 'model',
  extension: '.tar',
  mediaType: 'application/x-tar',
  text: false,
  encode: (value: unknown, dataset: Dataset) => bytes.encode(value, dataset),
  decode: (encoded: Uint8Array, dataset: Dataset, where: string) =>
    bytes.decode(encoded, dataset, where),
}
