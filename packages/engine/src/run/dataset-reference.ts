import * as z from 'zod'

import { datasetSummary, type DatasetSummary } from './dataset-summary.ts'

/**
 * Where a node run's output lies. The ledger holds references, and values up to 4 KiB, never data.
 * Exactly one of `inline` and `uri` is there.
 */
export interface DatasetReference extends DatasetSummary {
  readonly dataset: string
  /** How the bytes are encoded: a driver's name, such as `json` or `csv`. */
  readonly format: string
  /** Extension of the dataset's file in the catalog, such as `.svg`, where the format (text, bytes) says nothing of it. */
  readonly extension?: string | undefined
  /** Settings of the format that its reader needs, such as the separator of a csv. */
  readonly settings?: Readonly<Record<string, unknown>> | undefined
  /** Size of the encoded value. */
  readonly bytes: number
  /** sha256 of the encoded value, hex. */
  readonly sha256: string
  /** Number of rows, for tables. */
  readonly rows?: number | undefined
  /** The encoded value itself (UTF-8), when it is text of at most 4 KiB. */
  readonly inline?: string | undefined
  /** Path in the run's store, when it is not inline. */
  readonly uri?: string | undefined
}

export const DatasetReference: z.ZodType<DatasetReference> = z.object({
  dataset: z.string(),
  format: z.string(),
  extension: z
    .string()
    .regex(/^\.[A-Za-z0-9]{1,10}$/)
    .optional(),
  settings: z.record(z.string(), z.unknown()).optional(),
  bytes: z.int().nonnegative(),
  sha256: z.string(),
  rows: z.int().nonnegative().optional(),
  inline: z.string().optional(),
  uri: z.string().optional(),
  ...datasetSummary,
})
