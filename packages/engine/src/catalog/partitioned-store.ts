import { hash } from 'node:crypto'

import type { Dataset } from '../definition/dataset.ts'
import { DatasetError } from '../errors.ts'
import type { CatalogRead } from '../run/catalog-read.ts'
import type { DatasetReference } from '../run/dataset-reference.ts'
import { checkpointFile, moveCheckpoint, newPartitions } from './incremental.ts'
import type { NamedFolder } from './partition-folder.ts'
import { PartitionManifest, partitionsFormat } from './partition-manifest.ts'
import {
  folderDigest,
  listPartitions,
  partitionValues,
  publishPartitions,
  savePartitions,
  type PartitionFolder,
} from './partitions.ts'
import type { Storage } from './storage.ts'
import { storePath, type AttemptPlace } from './store-path.ts'

/** What was read of a dataset of the catalog. */
export interface ReadDataset {
  readonly value: unknown
  readonly read: CatalogRead
  /** Of an incremental dataset: the last partition that was read, empty for none. */
  readonly checkpoint?: string | undefined
}

/** The store of single values that partitions are made of. */
export interface ValueStore {
  save(dataset: Dataset, value: unknown, place: AttemptPlace): Promise<DatasetReference>
  load(dataset: Dataset, reference: DatasetReference): Promise<unknown>
  readFromCatalog(dataset: Dataset): Promise<ReadDataset>
  bytes(reference: DatasetReference): Promise<Uint8Array>
}

/** What a store of partitioned datasets needs. */
export interface PartitionedStoreOptions {
  readonly values: ValueStore
  /** The run's store. */
  readonly storage: Storage
  /** Encoded manifests up to this size lie in the reference. */
  readonly inlineBytes: number
}

/** Loads, saves and publishes datasets that are folders of values, each value by a store of single ones. */
export class PartitionedStore {
  readonly #options: PartitionedStoreOptions

  constructor(options: PartitionedStoreOptions) {
    this.#options = options
  }

  /** Saves each partition at a place of the attempt, and a manifest that says where they are. */
  async save(dataset: Dataset, value: unknown, place: AttemptPlace): Promise<DatasetReference> {
    const { values, storage, inlineBytes } = this.#options
    const manifest = await savePartitions(
      dataset,
      value,
      async (element, each) => await values.save(element, each, place),
    )
    const text = JSON.stringify(manifest)
    const bytes = Buffer.from(text, 'utf8')
    const reference = {
      dataset: dataset.name,
      format: partitionsFormat,
      bytes: bytes.byteLength,
      sha256: hash('sha256', bytes),
    }
    if (bytes.byteLength <= inlineBytes) return { ...reference, inline: text }
    const uri = storePath(place, dataset.name, '.json')
    await storage.write(uri, bytes)
    return { ...reference, uri }
  }

  /** Partitions by the references of a manifest; each is loaded when it is asked for. */
  async load(dataset: Dataset, reference: DatasetReference): Promise<unknown> {
    const { partitions } = await this.#manifest(reference)
    const references = new Map(partitions)
    return await partitionValues(dataset, [...references.keys()], async (element, id) => {
      const one = references.get(id)
      // Ids are the keys of the references.
      return await this.#options.values.load(element, one as DatasetReference)
    })
  }

  /**
   * Partitions of a folder of the catalog; of an incremental dataset those behind its checkpoint.
   *
   * @throws DatasetError `DATASET_NOT_FOUND` for a folder without partitions, unless it is incremental
   */
  async read(dataset: Dataset, folder: NamedFolder): Promise<ReadDataset> {
    const { incremental } = folder.partitions
    const ids = await this.ids(folder)
    if (ids.length === 0 && incremental === undefined) throw empty(folder)
    const value = await partitionValues(
      dataset,
      ids,
      async (element) => (await this.#options.values.readFromCatalog(element)).value,
    )
    const read = {
      dataset: dataset.name,
      path: folder.path,
      format: folder.format,
      ...(await folderDigest(folder, ids)),
    }
    return { value, read, ...(incremental && { checkpoint: ids.at(-1) ?? '' }) }
  }

  /** What tells the content that a run would read now from another; undefined for a folder that has none. */
  async content(folder: NamedFolder): Promise<Pick<CatalogRead, 'path' | 'sha256'> | undefined> {
    const ids = await this.ids(folder)
    if (ids.length === 0 && folder.partitions.incremental === undefined) return undefined
    const { sha256 } = await folderDigest(folder, ids)
    return { path: folder.path, sha256 }
  }

  /** Writes committed partitions to their folder. */
  async publish(reference: DatasetReference, folder: PartitionFolder): Promise<void> {
    const manifest = await this.#manifest(reference)
    await publishPartitions(folder, manifest, async (one) => await this.#options.values.bytes(one))
  }

  /** True when there is nothing to read, which is no mistake for an incremental dataset. */
  async isMissing(folder: PartitionFolder): Promise<boolean> {
    if (folder.partitions.incremental !== undefined) return false
    return (await listPartitions(folder)).length === 0
  }

  /** The address of the checkpoint of an incremental dataset; undefined for another. */
  checkpoint(folder: PartitionFolder): string | undefined {
    const { incremental } = folder.partitions
    return incremental && checkpointFile(folder, incremental).address
  }

  /** Moves the checkpoint of an incremental dataset, never back. @throws DatasetError `DATASET_NOT_WRITABLE` */
  async moveCheckpoint(folder: PartitionFolder, last: string): Promise<void> {
    const { incremental } = folder.partitions
    if (incremental === undefined) return
    await moveCheckpoint(folder.dataset, checkpointFile(folder, incremental), last)
  }

  /** Ids of the partitions that a run would read now, in order. */
  async ids(folder: PartitionFolder): Promise<readonly string[]> {
    const { incremental } = folder.partitions
    if (incremental === undefined) return await listPartitions(folder)
    const file = checkpointFile(folder, incremental)
    return await newPartitions(folder, incremental, file)
  }

  async #manifest(reference: DatasetReference): Promise<PartitionManifest> {
    const bytes = await this.#options.values.bytes(reference)
    return PartitionManifest.parse(JSON.parse(Buffer.from(bytes).toString('utf8')))
  }
}

function empty({ dataset, path, partitions: { suffix } }: NamedFolder): DatasetError {
  const what = suffix === '' ? 'file' : `file that ends with ${suffix}`
  return new DatasetError(
    'DATASET_NOT_FOUND',
    `Dataset '${dataset}' has no partitions: there is no ${what} in ${path}.`,
    { dataset, hint: 'Check path and filename_suffix of its entry in catalog.yml.' },
  )
}
