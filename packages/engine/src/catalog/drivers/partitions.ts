import type { Driver } from '../driver.ts'
import { json } from './json.ts'

/** What the store keeps of a partitioned dataset: where each partition lies. It is no type of the catalog. */
export const partitions: Driver = { ...json, name: 'partitions' }
