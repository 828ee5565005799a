import * as z from 'zod'

import { datasetSummary, type DatasetSummary } from './dataset-summary.ts'

/** What an attempt read from the catalog, not from another node of its run: where raw data come in. */
export interface CatalogRead extends DatasetSummary {
  readonly dataset: string
  /** Absolute path of the file, of one version for a versioned dataset; or another address. */
  readonly path: string
  /** How the bytes are encoded: a driver's name. */
  readonly format: string
  readonly bytes: number
  /** sha256 of the bytes, hex. A run that published them has a reference with the same. */
  readonly sha256: string
}

export const CatalogRead: z.ZodType<CatalogRead> = z.object({
  dataset: z.string(),
  path: z.string(),
  format: z.string(),
  bytes: z.int().nonnegative(),
  sha256: z.string(),
  ...datasetSummary,
})

/** Room for what was read in an event, in bytes of JSON. */
const most = 1500

/**
 * As much of it as an event has room for: without statistics, then without schemas, then the first ones. Undefined when
 * nothing was read.
 */
export function fitReads(reads: readonly CatalogRead[]): readonly CatalogRead[] | undefined {
  if (reads.length === 0) return undefined
  const lean = reads.map(({ profile, ...read }) => {
    const { stats: _stats, sampled: _sampled, ...counts } = profile ?? {}
    return Object.keys(counts).length === 0 ? read : { ...read, profile: counts }
  })
  const bare = lean.map(({ schema: _schema, ...read }) => read)
  for (const form of [reads, lean, bare]) if (sizeOf(form) <= most) return form
  let kept = bare.length - 1
  while (kept > 1 && sizeOf(bare.slice(0, kept)) > most) kept--
  return bare.slice(0, kept)
}

function sizeOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value))
}
