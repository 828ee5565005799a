import * as z from 'zod'

import type { CatalogEntry } from '../catalog/entry.ts'
import { mlflowEntrySchemas } from './catalog-mlflow-schema.ts'
import { fsArgs, path, settings } from './entry-parts.ts'
import { partitionedEntrySchemas } from './partition-schema.ts'
import { serviceEntrySchemas } from './service-schema.ts'

/** An entry of `catalog.yml`; null for a dataset that is kept with each run and nowhere else. */
export type ReadEntry = CatalogEntry | null

/** Settings of a dataset that is a file. */
const file = {
  type: z.string(),
  filepath: path,
  versioned: z.boolean().nullish(),
  load_args: settings,
  save_args: settings,
  fs_args: fsArgs,
  credentials: z.string().min(1).nullish(),
  validate: z.enum(['full', 'sample', 'off']).nullish(),
  metadata: z.unknown().optional(),
}

/** Settings of a dataset that is a file. */
export const FileEntry: z.ZodType<CatalogEntry> = z.strictObject(file).transform(fileEntry)

function fileEntry(read: z.output<z.ZodObject<typeof file>>): CatalogEntry {
  return {
    type: read.type,
    filepath: read.filepath,
    versioned: read.versioned ?? false,
    ...(read.metadata === undefined ? {} : { metadata: read.metadata }),
    ...(read.load_args == null ? {} : { loadArgs: read.load_args }),
    ...(read.save_args == null ? {} : { saveArgs: read.save_args }),
    ...(read.credentials == null ? {} : { credentials: read.credentials }),
    ...(read.validate == null ? {} : { validate: read.validate }),
  }
}

/** Bytes that only Python can read, and that run code when it does. */
const PickleEntry: z.ZodType<CatalogEntry> = z
  .strictObject({
    ...file,
    backend: z.enum(['pickle', 'joblib', 'dill', 'compress_pickle', 'cloudpickle']).nullish(),
    allow_pickle: z.literal(
      true,
      'to load a pickle is to run whatever code it holds: write allow_pickle: true where only nodes in Python write and read it',
    ),
  })
  .transform(({ backend, allow_pickle: _allowed, ...read }) => ({
    ...fileEntry(read),
    type: 'pickle',
    settings: { backend: backend ?? 'pickle' },
  }))

/** What Kedro keeps in memory is kept with the run here, as a dataset that is not listed. */
const MemoryEntry: z.ZodType<ReadEntry> = z
  .strictObject({
    type: z.string(),
    copy_mode: z.enum(['deepcopy', 'copy', 'assign']).nullish(),
    metadata: z.unknown().optional(),
  })
  .transform(() => null)

const special: ReadonlyMap<string, z.ZodType<ReadEntry>> = new Map<string, z.ZodType<ReadEntry>>([
  ...mlflowEntrySchemas(FileEntry),
  ...partitionedEntrySchemas(),
  ...serviceEntrySchemas(),
  ['pickle', PickleEntry],
  ['pickle.PickleDataset', PickleEntry],
  ['memory', MemoryEntry],
  ['MemoryDataset', MemoryEntry],
  ['io.MemoryDataset', MemoryEntry],
  ['SharedMemoryDataset', MemoryEntry],
  ['io.SharedMemoryDataset', MemoryEntry],
])

/** The settings that an entry of `catalog.yml` has: a matter of its `type`, as it is written. Undefined for none of kedro-mlflow's. */
export function entrySchema(type: unknown): z.ZodType<ReadEntry> | undefined {
  if (typeof type !== 'string') return FileEntry
  return special.get(plainType(type)) ?? (type.startsWith('kedro_mlflow.') ? undefined : FileEntry)
}

/** A type without the package that Kedro leaves out too. */
export function plainType(type: string): string {
  return type.replace(/^(?:kedro_datasets|kedro)\./, '')
}
