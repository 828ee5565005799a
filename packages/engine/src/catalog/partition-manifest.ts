import * as z from 'zod'

import { DatasetReference } from '../run/dataset-reference.ts'

/** What the store keeps of a partitioned dataset beside its partitions: where each of them lies. */
export interface PartitionManifest {
  readonly version: 1
  /** By id, in their order. */
  readonly partitions: readonly (readonly [id: string, reference: DatasetReference])[]
}

export const PartitionManifest: z.ZodType<PartitionManifest> = z.object({
  version: z.literal(1),
  partitions: z.array(z.tuple([z.string(), DatasetReference])),
})

/** Format of a reference whose bytes are a manifest. */
export const partitionsFormat = 'partitions'

/**
 * Orders ids as their bytes sort: as the scripts of the ledger compare them, and Python does.
 */
export function compareIds(one: string, two: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(two))
}
