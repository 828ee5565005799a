import { hash } from 'node:crypto'
import { extname } from 'node:path'

import type { Dataset } from '../definition/dataset.ts'
import { formText } from '../plan/form-text.ts'
import type { DatasetReference } from '../run/dataset-reference.ts'
import type { OnMetric } from '../run/metric-recorder.ts'
import type { RunInputs } from '../run/run-input.ts'
import { allowInput } from './allowed-input.ts'
import { writeCatalogFile, writeCatalogStream, type CatalogFile } from './catalog-file.ts'
import { assertWritable, CatalogPlaces, type CatalogPlacesOptions } from './catalog-places.ts'
import { CatalogReader, type CatalogContent, type MissingDataset } from './catalog-reader.ts'
import { driverOf, readerOf, writtenBy } from './configured-driver.ts'
import { EncodedInput } from './encoded-input.ts'
import type { CatalogEntry, Validation } from './entry.ts'
import { keptState, type KeptState } from './kept-state.ts'
import { keptBytes, keptSource, whereKept } from './kept-value.ts'
import { metricsOf } from './metric-dataset.ts'
import type { MlflowSource } from './mlflow-source.ts'
import { isPartitioned } from './partition-folder.ts'
import { partitionsFormat } from './partition-manifest.ts'
import { PartitionedStore, type ReadDataset } from './partitioned-store.ts'
import type { Preview } from './preview.ts'
import { assertNoService } from './read-service.ts'
import { RunFiles } from './run-files.ts'
import type { Storage } from './storage.ts'
import { storePath, type AttemptPlace } from './store-path.ts'
import { openStream, saveStream } from './stream-store.ts'
import { summarise } from './summarise.ts'
import { fromStored, toStored } from './validate.ts'
import { variantDriver } from './variant-driver.ts'

/** Encoded text up to this size lies in the ledger, in the reference itself. */
const inlineBytes = 4096

/** Larger values are published piece by piece. */
const wholeBytes = 64 * 1024 * 1024

/** What a dataset store needs. */
export interface DatasetStoreOptions extends CatalogPlacesOptions {
  /** The run's store, as `openStorage` gives it. */
  readonly storage: Storage
  /** Reads the datasets that lie in MLflow. Default: they cannot be read. */
  readonly mlflow?: MlflowSource
}

/** Loads, saves and publishes the values of datasets. One for each process or isolate; it holds nothing open. */
export class DatasetStore {
  readonly #places: CatalogPlaces
  readonly #storage: Storage
  readonly #options: DatasetStoreOptions
  readonly #partitions: PartitionedStore
  readonly #reader: CatalogReader

  /**
   * @throws ConfigError `DATASET_TYPE_UNKNOWN`, `DATASET_SETTING_INVALID`. @throws DatasetError `DATASET_PATH_UNSUPPORTED`
   */
  constructor(options: DatasetStoreOptions) {
    const { mlflow, storage } = options
    this.#options = options
    this.#storage = storage
    const places = new CatalogPlaces(options)
    const partitions = new PartitionedStore({ values: this, storage, inlineBytes })
    this.#places = places
    this.#partitions = partitions
    this.#reader = new CatalogReader({ places, partitions, mlflow })
  }

  /**
   * The same store for a run of which some inputs lie elsewhere than the catalog says, or are of other versions than the newest.
   *
   * @throws ConfigError `DATASET_TYPE_UNKNOWN`. @throws DatasetError `DATASET_PATH_UNSUPPORTED`, `RUN_INPUT_REFUSED`
   */
  withInputs(inputs: RunInputs): DatasetStore {
    const { catalog, ...others } = this.#options
    const { root, access } = others
    const places: [string, CatalogEntry][] = []
    const versions: [string, string][] = []
    for (const [name, input] of Object.entries(inputs)) {
      if ('version' in input) {
        versions.push([name, input.version])
        continue
      }
      assertNoService(name, input.type)
      const { credentials } = allowInput(name, input.filepath, root, access?.inputs ?? [])
      places.push([name, { ...input, versioned: false, credentials }])
    }
    return new DatasetStore({
      ...others,
      catalog: { ...catalog, ...Object.fromEntries(places) },
      loadVersions: { ...others.loadVersions, ...Object.fromEntries(versions) },
    })
  }

  /**
   * Checks a value that a node made, encodes it and keeps it: in the reference itself when it is text of at most
   * 4096 bytes, else in the run's store, at a place that belongs to this attempt alone. The catalog's path is not
   * touched: that is `publish`, after the commit.
   *
   * @param onMetric Receives the metrics that saving the dataset records, where the catalog says that it is one.
   * @throws DatasetError `DATASET_INVALID`, `DATASET_SCHEMA_ONE_WAY`, `DATASET_NOT_ENCODABLE`, `DATASET_READ_ONLY`.
   * @throws InfrastructureError `STORAGE_FAILED`
   */
  async save(
    dataset: Dataset,
    value: unknown,
    place: AttemptPlace,
    onMetric?: OnMetric,
  ): Promise<DatasetReference> {
    const listed = this.#places.of(dataset.name)
    assertWritable(dataset.name, listed)
    if (isPartitioned(dataset, listed?.folder, listed !== undefined))
      return await this.#partitions.save(dataset, value, place)
    if (dataset.layout === 'stream') return await this.#saveStream(dataset, value, place)
    return await this.#saveValue(dataset, value, place, onMetric)
  }

  async #saveValue(
    dataset: Dataset,
    value: unknown,
    place: AttemptPlace,
    onMetric: OnMetric | undefined,
  ): Promise<DatasetReference> {
    const { driver: listed, file, mlflow } = this.#places.of(dataset.name) ?? {}
    const stored = await toStored(dataset, value, this.#validationOf(dataset))
    const driver = driverOf(dataset, listed, stored)
    const bytes = await driver.encode(stored, dataset)
    const reference = {
      dataset: dataset.name,
      ...writtenBy(driver, file && extname(file.path)),
      bytes: bytes.byteLength,
      sha256: hash('sha256', bytes),
      ...(dataset.layout === 'table' && Array.isArray(stored) ? { rows: stored.length } : {}),
      ...summarise(dataset, stored),
    }
    const isInline = driver.text && bytes.byteLength <= inlineBytes
    const uri = storePath(place, dataset.name, driver.extension)
    if (!isInline) await this.#storage.write(uri, bytes)
    if (onMetric !== undefined)
      for (const metric of metricsOf(mlflow, stored, dataset.name, Date.now())) onMetric(...metric)
    return isInline
      ? { ...reference, inline: asBuffer(bytes).toString('utf8') }
      : { ...reference, uri }
  }

  /**
   * Loads what a commit recorded, never the catalog's path.
   *
   * @throws DatasetError `DATASET_NOT_FOUND` when the file is gone, `DATASET_CORRUPT` when it is not what was written,
   * `DATASET_NOT_DECODABLE`, `DATASET_INVALID`. @throws InfrastructureError `STORAGE_FAILED`
   */
  async load(dataset: Dataset, reference: DatasetReference): Promise<unknown> {
    if (reference.format === partitionsFormat)
      return await this.#partitions.load(dataset, reference)
    const where = whereKept(this.#storage, reference)
    const own = this.#places.of(dataset.name)?.driver
    const driver = variantDriver(reference, dataset.name, readerOf(reference), own)
    const validation = this.#validationOf(dataset)
    if (dataset.layout === 'stream') {
      const source = await keptSource(this.#storage, reference)
      return openStream(dataset, source, { driver, where, validation })
    }
    const bytes = await this.bytes(reference)
    const stored = await driver.decode(bytes, dataset, where)
    return await fromStored(dataset, stored, where, validation)
  }

  /** What a commit recorded, without loading it: for nodes that want the bytes as they lie. */
  encoded(dataset: Dataset, reference: DatasetReference): EncodedInput {
    return new EncodedInput({
      format: reference.format,
      open: async () => await keptSource(this.#storage, reference),
      load: async () => await this.load(dataset, reference),
    })
  }

  /**
   * Loads a free input of a pipeline from its catalog path.
   *
   * @throws DatasetError `DATASET_NOT_FOUND`, `DATASET_NOT_READABLE`, `DATASET_NOT_DECODABLE`, `DATASET_INVALID`
   */
  async loadFromCatalog(dataset: Dataset): Promise<unknown> {
    return (await this.readFromCatalog(dataset)).value
  }

  /**
   * The same, with what was read: for the record of the attempt.
   *
   * @throws DatasetError as `loadFromCatalog`
   */
  async readFromCatalog(dataset: Dataset): Promise<ReadDataset> {
    return await this.#reader.read(dataset)
  }

  /** Of these datasets, those that the catalog does not list or whose file is not there. */
  async missing(names: readonly string[]): Promise<readonly MissingDataset[]> {
    return await this.#reader.missing(names)
  }

  /**
   * Writes a committed value to its catalog path, atomically. To do it again changes nothing, so a crash in between is
   * made good by another call; the caller keeps to the order of commits.
   *
   * @param version For versioned datasets: `catalogVersion(time of the commit)`.
   * @returns the path written, or undefined when the catalog does not list the dataset.
   * @throws DatasetError `DATASET_NOT_FOUND`, `DATASET_CORRUPT`, `DATASET_VERSION_EXISTS`, `DATASET_NOT_WRITABLE`
   */
  async publish(reference: DatasetReference, version: string): Promise<string | undefined> {
    const { file, service, folder } = this.#places.of(reference.dataset) ?? {}
    if (folder !== undefined) {
      await this.#partitions.publish(reference, folder)
      return folder.path
    }
    if (service !== undefined) {
      // A value in the store is of one attempt of one node run, as its path is; no other is kept under the same.
      const key = reference.uri ?? reference.sha256
      await service.writer?.write(await this.bytes(reference), key)
      return service.address
    }
    if (file === undefined) return undefined
    if (reference.bytes > wholeBytes) {
      const source = await keptSource(this.#storage, reference)
      return await writeCatalogStream(file, { source, sha256: reference.sha256 }, version)
    }
    return await writeCatalogFile(file, await this.bytes(reference), version)
  }

  /** The encoded value of a reference, checked; for publication and for artifacts. */
  async bytes(reference: DatasetReference): Promise<Uint8Array> {
    return await keptBytes(this.#storage, reference)
  }

  /** Whether what a commit recorded is still there as it was written. @throws InfrastructureError `STORAGE_FAILED` */
  async kept(reference: DatasetReference): Promise<KeptState> {
    return await keptState(this.#storage, reference)
  }

  /**
   * What tells the content of a dataset of the catalog from another: the same as its next reader would record. Undefined when
   * the catalog does not list it, or nothing is there. A file is read through, and nothing of it is held.
   *
   * @throws DatasetError as `readFromCatalog`, of what is no file
   */
  async content(dataset: Dataset): Promise<CatalogContent | undefined> {
    return await this.#reader.content(dataset)
  }

  /** The form in which a dataset would be saved, as `formText` has it; undefined where any will do, for nobody has said. */
  form(dataset: Dataset): string | undefined {
    const { driver, file, folder } = this.#places.of(dataset.name) ?? {}
    if (folder !== undefined || dataset.layout === 'partitions') return partitionsFormat
    if (dataset.format === undefined && driver === undefined) return undefined
    const written = driverOf(dataset, driver, undefined)
    const isStream = dataset.layout === 'stream'
    return formText(writtenBy(written, isStream ? undefined : file && extname(file.path)))
  }

  /** Where the catalog keeps a dataset; undefined when it does not list it. */
  file(dataset: string): CatalogFile | undefined {
    return this.#places.of(dataset)?.file
  }

  /**
   * The beginning of a dataset of the catalog, for people; of a partitioned one that of its first partition.
   *
   * @throws DatasetError `DATASET_NOT_FOUND`, `DATASET_NOT_READABLE`
   */
  async preview(name: string, rows: number): Promise<Preview> {
    return await this.#reader.preview(name, rows)
  }

  /** Names the checkpoint of an incremental dataset of the catalog; undefined for another. */
  checkpoint(dataset: string): string | undefined {
    const folder = this.#places.of(dataset)?.folder
    return folder && this.#partitions.checkpoint(folder)
  }

  /** Moves the checkpoint of an incremental dataset, never back. @throws DatasetError `DATASET_NOT_WRITABLE` */
  async moveCheckpoint(dataset: string, last: string): Promise<void> {
    const folder = this.#places.of(dataset)?.folder
    if (folder !== undefined) await this.#partitions.moveCheckpoint(folder, last)
  }

  /** Versions of a versioned dataset of the catalog, newest first; none for another. */
  async versions(dataset: string): Promise<readonly string[]> {
    return await this.#places.versions(dataset)
  }

  /** The run's store itself. */
  get storage(): Storage {
    return this.#storage
  }

  /** The files of whole runs in the store: for retention. */
  get runFiles(): RunFiles {
    return new RunFiles(this.#storage)
  }

  #validationOf({ name }: Dataset): Validation {
    return this.#places.of(name)?.validation ?? 'full'
  }

  async #saveStream(
    dataset: Dataset,
    value: unknown,
    place: AttemptPlace,
  ): Promise<DatasetReference> {
    const { name } = dataset
    const driver = driverOf(dataset, this.#places.of(name)?.driver, value)
    const uri = storePath(place, name, driver.extension)
    const saved = await saveStream(dataset, value, {
      driver,
      storage: this.#storage,
      path: uri,
      validation: this.#validationOf(dataset),
    })
    return { dataset: name, ...writtenBy(driver), ...saved, uri }
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
