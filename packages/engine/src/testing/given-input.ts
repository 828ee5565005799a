import { givenStream } from '../catalog/stream-store.ts'
import { fromStored, toStored } from '../catalog/validate.ts'
import type { Dataset } from '../definition/dataset.ts'
import { PipewrightError } from '../errors.ts'

/**
 * The value of an input that a test gives, checked by the dataset's schema as a loaded one, and copied, so that a node
 * that changes its input does not change the test's. A schema whose transforms cannot be undone does not accept its own
 * values again: they are handed over unchecked.
 *
 * @throws DatasetError `DATASET_INVALID`
 */
export async function givenInput(dataset: Dataset, value: unknown): Promise<unknown> {
  // The type of a stream's value is an async iterable's.
  if (dataset.layout === 'stream') return givenStream(dataset, value as AsyncIterable<unknown>)
  const copy = copied(value)
  try {
    return await fromStored(dataset, await toStored(dataset, copy), 'the inputs of the test')
  } catch (error) {
    if (error instanceof PipewrightError && error.code === 'DATASET_SCHEMA_ONE_WAY') return copy
    throw error
  }
}

/** Values with functions in them, such as models of a library, cannot be copied and are shared. */
function copied(value: unknown): unknown {
  try {
    return structuredClone(value)
  } catch {
    return value
  }
}
