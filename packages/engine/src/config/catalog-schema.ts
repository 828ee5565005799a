import * as z from 'zod'

import type { Catalog, CatalogEntry } from '../catalog/entry.ts'

const CatalogEntry: z.ZodType<CatalogEntry> = z.strictObject({
  type: z.string(),
  filepath: z
    .string()
    .min(1)
    .refine((path) => !path.includes('\0'), 'A path cannot hold a NUL character'),
  versioned: z.boolean().default(false),
  metadata: z.unknown().optional(),
})

/** `catalog.yml`: dataset name to entry. */
export const CatalogSchema: z.ZodType<Catalog> = z.record(z.string(), CatalogEntry)
