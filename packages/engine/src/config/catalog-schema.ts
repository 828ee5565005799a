import * as z from 'zod'

import type { CatalogEntry } from '../catalog/entry.ts'
import { mlflowEntrySchemas } from './catalog-mlflow-schema.ts'
import { serviceEntrySchemas } from './service-schema.ts'

/** Settings of a dataset that is a file. */
export const FileEntry: z.ZodType<CatalogEntry> = z.strictObject({
  type: z.string(),
  filepath: z
    .string()
    .min(1)
    .refine((path) => !path.includes('\0'), 'A path cannot hold a NUL character'),
  versioned: z.boolean().default(false),
  credentials: z.string().min(1).optional(),
  metadata: z.unknown().optional(),
})

const special = new Map([...mlflowEntrySchemas(FileEntry), ...serviceEntrySchemas()])

/** The settings that an entry of `catalog.yml` has: a matter of its `type`, as it is written. Undefined for none of kedro-mlflow's. */
export function entrySchema(type: unknown): z.ZodType<CatalogEntry> | undefined {
  if (typeof type !== 'string') return FileEntry
  return special.get(type) ?? (type.startsWith('kedro_mlflow.') ? undefined : FileEntry)
}
