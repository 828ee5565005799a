import type { Dataset } from '../definition/dataset.ts'
import { DatasetError } from '../errors.ts'
import { credentialsOf, type CatalogAccess } from './catalog-access.ts'
import { catalogFile, type CatalogFile } from './catalog-file.ts'
import { findDriver } from './drivers/index.ts'
import type { CatalogEntry } from './entry.ts'
import { openStorage } from './open-storage.ts'
import type { PartitionFolder } from './partitions.ts'

/** A folder of the catalog, and the driver's name of what is in it. */
export interface NamedFolder extends PartitionFolder {
  readonly format: string
  /** For people. */
  readonly path: string
  /** The file of one partition. @param name Of the dataset and the partition: `stations/berlin`. */
  fileOf(name: string, id: string): CatalogFile | undefined
}

/** Where the partitions of an entry lie; undefined for one that is a single value. @throws ConfigError `STORAGE_UNSUPPORTED` */
export function partitionFolder(
  dataset: string,
  entry: CatalogEntry,
  root: string,
  access: CatalogAccess,
): NamedFolder | undefined {
  const { type, filepath, partitions } = entry
  if (partitions === undefined || filepath === null) return undefined
  const reach = {
    network: access.network,
    credentials: credentialsOf(entry.credentials, access),
  }
  const storage = openStorage(filepath, root, reach)
  return {
    dataset,
    storage,
    partitions,
    format: findDriver(type).name,
    path: storage.url,
    open: (address) => openStorage(address, root, reach),
    fileOf: (name, id) =>
      catalogFile(
        name,
        { ...entry, filepath: `${filepath.replace(/\/$/, '')}/${id}${partitions.suffix}` },
        root,
        access,
      ),
  }
}

/**
 * True for a dataset that is saved partition by partition.
 *
 * @param isListed Whether the catalog has an entry for it.
 * @throws DatasetError `DATASET_NOT_PARTITIONED`
 */
export function isPartitioned(
  { name, layout }: Dataset,
  folder: NamedFolder | undefined,
  isListed: boolean,
): boolean {
  if (folder !== undefined) return true
  if (layout !== 'partitions') return false
  if (!isListed) return true
  throw new DatasetError(
    'DATASET_NOT_PARTITIONED',
    `Dataset '${name}' is partitioned in the code and one file in the catalog.`,
    { dataset: name, hint: 'Give its entry the type partitioned, with a path and a dataset.' },
  )
}
