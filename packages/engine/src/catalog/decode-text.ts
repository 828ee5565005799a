import type { Dataset } from '../definition/dataset.ts'
import { notDecodable } from './not-decodable.ts'

// `ignoreBOM: false` means that a leading byte order mark is taken off.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })

/** UTF-8 bytes as text, without a byte order mark. @throws DatasetError `DATASET_NOT_DECODABLE` when they are not UTF-8. */
export function decodeText(bytes: Uint8Array, dataset: Dataset, where: string): string {
  try {
    return decoder.decode(bytes)
  } catch (error) {
    throw notDecodable(dataset, where, 'it is not UTF-8 text.', error)
  }
}
