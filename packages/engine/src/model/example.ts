import { toStored } from '../catalog/validate.ts'
import type { Dataset } from '../definition/dataset.ts'

const mostRows = 5
const mostCharacters = 100_000

/**
 * The first rows of the training data as JSON holds them: the model's input example. None when training has no such data.
 *
 * @throws DatasetError `DATASET_INVALID` when the schema does not allow so few rows: such a model could not be served.
 */
export async function exampleOf(input: Dataset, value: unknown): Promise<readonly unknown[]> {
  if (!Array.isArray(value)) return []
  for (let count = mostRows; count > 0; count--) {
    // oxlint-disable-next-line no-await-in-loop -- fewer when these are too large
    const stored = await toStored(input, value.slice(0, count))
    const text = JSON.stringify(stored)
    // It was an array before it was encoded, and parsed text of one is one.
    if (text.length <= mostCharacters) return JSON.parse(text) as readonly unknown[]
  }
  return []
}
