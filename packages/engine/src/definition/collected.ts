import * as z from 'zod'

import type { Dataset } from './dataset.ts'

const known = new WeakMap<Dataset, Map<boolean, Dataset>>()

/**
 * The dataset of a list of values of another dataset, under its name. The same for the same dataset, so that two maps of a node are
 * joined to the same readers.
 */
export function collectedDataset(element: Dataset, nullable: boolean): Dataset {
  const lists = known.get(element) ?? new Map<boolean, Dataset>()
  known.set(element, lists)
  let list = lists.get(nullable)
  if (list === undefined) {
    const item = nullable ? element.schema.nullable() : element.schema
    list = Object.freeze({ name: element.name, schema: z.array(item), layout: 'value' })
    lists.set(nullable, list)
  }
  return list
}
