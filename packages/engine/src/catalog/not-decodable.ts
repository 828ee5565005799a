import type { Dataset } from '../definition/dataset.ts'
import { DatasetError } from '../errors.ts'

/** The error of bytes that are not what the dataset's driver reads. */
export function notDecodable(
  dataset: Dataset,
  where: string,
  reason: string,
  cause?: unknown,
): DatasetError {
  const message = `Dataset '${dataset.name}' cannot be read from ${where}: ${reason.slice(0, 500)}`
  return new DatasetError('DATASET_NOT_DECODABLE', message, {
    dataset: dataset.name,
    hint: 'Check that the file is whole and of the type that the catalog says.',
    cause,
  })
}
