import * as z from 'zod'

import type { CatalogEntry, Checkpoint } from '../catalog/entry.ts'
import { fsArgs, path, settings } from './entry-parts.ts'

/** The type of the files in a folder, with settings. */
const files = z.strictObject({
  type: z.string().min(1),
  load_args: settings,
  save_args: settings,
  fs_args: fsArgs,
  credentials: z.string().min(1).nullish(),
  filepath: z.never('the partitions have their paths from their folder').optional(),
  versioned: z
    .never('partitions have no versions; write each run to partitions of its own')
    .optional(),
})

const folder = {
  type: z.string(),
  path,
  dataset: z.union([z.string().min(1), files]),
  filename_suffix: z.string().max(100).default(''),
  // Which argument of a Python class has the path.
  filepath_arg: z.string().nullish(),
  credentials: z.string().min(1).nullish(),
  // Arguments of a listing by fsspec.
  load_args: settings,
  fs_args: fsArgs,
  validate: z.enum(['full', 'sample', 'off']).nullish(),
  metadata: z.unknown().optional(),
}

const Partitioned: z.ZodType<CatalogEntry> = z
  .strictObject({
    ...folder,
    overwrite: z.boolean().default(false),
    // A partition that is given as a function is always made when it is written.
    save_lazily: z.boolean().nullish(),
  })
  .transform((read) => ({
    ...entryOf(read),
    partitions: { suffix: read.filename_suffix, overwrite: read.overwrite },
  }))

const checkpoint = z.union([
  z.string(),
  z.strictObject({
    type: z
      .string()
      .regex(/(?:^|\.)(?:text|TextDataset)$/, 'a checkpoint is text')
      .nullish(),
    filepath: path.optional(),
    force_checkpoint: z.string().nullish(),
    comparison_func: z
      .never('partitions behind the checkpoint are those whose id sorts after it')
      .optional(),
    load_args: settings,
    save_args: settings,
    fs_args: fsArgs,
    credentials: z.string().min(1).nullish(),
  }),
])

const Incremental: z.ZodType<CatalogEntry> = z
  .strictObject({ ...folder, checkpoint: checkpoint.nullish() })
  .transform((read) => ({
    ...entryOf(read),
    partitions: {
      suffix: read.filename_suffix,
      overwrite: false,
      incremental: checkpointOf(read.checkpoint),
    },
  }))

function checkpointOf(read: z.output<typeof checkpoint> | null | undefined): Checkpoint {
  if (typeof read === 'string') return { force: read }
  const { filepath, force_checkpoint } = read ?? {}
  return {
    ...(filepath === undefined ? {} : { filepath }),
    ...(force_checkpoint == null ? {} : { force: force_checkpoint }),
  }
}

function entryOf(read: z.output<z.ZodObject<typeof folder>>): CatalogEntry {
  const { dataset } = read
  const of: Partial<z.output<typeof files>> & { readonly type: string } =
    typeof dataset === 'string' ? { type: dataset } : dataset
  const credentials = of.credentials ?? read.credentials
  return {
    type: of.type,
    filepath: read.path,
    versioned: false,
    ...(read.metadata === undefined ? {} : { metadata: read.metadata }),
    ...(of.load_args == null ? {} : { loadArgs: of.load_args }),
    ...(of.save_args == null ? {} : { saveArgs: of.save_args }),
    ...(credentials == null ? {} : { credentials }),
    ...(read.validate == null ? {} : { validate: read.validate }),
  }
}

/** Settings of the entries that are folders, by their type. */
export function partitionedEntrySchemas(): ReadonlyMap<string, z.ZodType<CatalogEntry>> {
  return new Map([
    ['partitioned', Partitioned],
    ['partitions.PartitionedDataset', Partitioned],
    ['incremental', Incremental],
    ['partitions.IncrementalDataset', Incremental],
  ])
}
