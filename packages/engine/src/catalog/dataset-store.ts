import { hash } from 'node:crypto'
import { extname } from 'node:path'

import type { Dataset } from '../definition/dataset.ts'
import { DatasetError } from '../errors.ts'
import { formText } from '../plan/form-text.ts'
import type { CatalogRead } from '../run/catalog-read.ts'
import type { DatasetReference } from '../run/dataset-reference.ts'
import type { OnMetric } from '../run/metric-recorder.ts'
import type { RunInputs } from '../run/run-input.ts'
import { allowInput } from './allowed-input.ts'
import type { CatalogAccess } from './catalog-access.ts'
import {
  catalogFile,
  catalogSource,
  findCatalogFile,
  listVersions,
  readCatalogFile,
  writeCatalogFile,
  writeCatalogStream,
  type CatalogFile,
} from './catalog-file.ts'
import { configuredDriver, driverOf, readerOf, writtenBy } from './configured-driver.ts'
import type { Driver, ServicePlace } from './driver.ts'
import { EncodedInput } from './encoded-input.ts'
import type { Catalog, CatalogEntry, Validation } from './entry.ts'
import { keptState, type KeptState } from './kept-state.ts'
import { keptBytes, keptSource, whereKept } from './kept-value.ts'
import { metricsOf } from './metric-dataset.ts'
import type { MlflowPlace } from './mlflow-place.ts'
import { isReadThere, type MlflowSource } from './mlflow-source.ts'
import { isPartitioned, partitionFolder, type NamedFolder } from './partition-folder.ts'
import { partitionsFormat } from './partition-manifest.ts'
import { PartitionedStore, type ReadDataset } from './partitioned-store.ts'
import { previewOf, type Preview } from './preview.ts'
import { assertNoService, readService, servicePlace } from './read-service.ts'
import { RunFiles } from './run-files.ts'
import type { Storage } from './storage.ts'
import { storePath, type AttemptPlace } from './store-path.ts'
import { bufferSource, digestOf } from './stream-source.ts'
import { openStream, readStream, saveStream } from './stream-store.ts'
import { summarise } from './summarise.ts'
import { fromStored, toStored } from './validate.ts'
import { variantDriver } from './variant-driver.ts'

/** Encoded text up to this size lies in the ledger, in the reference itself. */
const inlineBytes = 4096

/** Larger values are published piece by piece. */
const wholeBytes = 64 * 1024 * 1024

/** What a dataset store needs. */
export interface DatasetStoreOptions {
  readonly catalog: Catalog
  /** The project's root, from which `filepath`s count. */
  readonly root: string
  /** The run's store, as `openStorage` gives it. */
  readonly storage: Storage
  /** Version to load of a versioned dataset, by dataset name. Default: the newest. */
  readonly loadVersions?: Readonly<Record<string, string>>
  /** Reads the datasets that lie in MLflow. Default: they cannot be read. */
  readonly mlflow?: MlflowSource
  /** How to reach what lies elsewhere than on this machine. Default: as the vendors' libraries find their way. */
  readonly access?: CatalogAccess
}

/** A dataset that is asked for and is not there. */
export interface MissingDataset {
  readonly dataset: string
  /** Where it should lie; undefined when the catalog does not list it. */
  readonly path: string | undefined
}

interface CatalogPlace {
  readonly driver: Driver
  /** Undefined for a dataset that lies in the run's store and in MLflow alone. */
  readonly file: CatalogFile | undefined
  readonly mlflow: MlflowPlace | undefined
  readonly validation: Validation
  /** Of a dataset that is no file: a table of a database, an answer of a service. */
  readonly service: ServicePlace | undefined
  /** Of a dataset that is a folder of values. */
  readonly folder: NamedFolder | undefined
}

/** Loads, saves and publishes the values of datasets. One for each process or isolate; it holds nothing open. */
export class DatasetStore {
  readonly #places: ReadonlyMap<string, CatalogPlace>
  readonly #storage: Storage
  readonly #loadVersions: ReadonlyMap<string, string>
  readonly #mlflow: MlflowSource | undefined
  readonly #options: DatasetStoreOptions
  readonly #partitions: PartitionedStore

  /**
   * @throws ConfigError `DATASET_TYPE_UNKNOWN`, `DATASET_SETTING_INVALID`. @throws DatasetError `DATASET_PATH_UNSUPPORTED`
   */
  constructor(options: DatasetStoreOptions) {
    this.#options = options
    this.#storage = options.storage
    this.#loadVersions = new Map(Object.entries(options.loadVersions ?? {}))
    this.#mlflow = options.mlflow
    this.#places = new Map(
      Object.entries(options.catalog).map(([name, entry]) => [
        name,
        catalogPlace(name, entry, options),
      ]),
    )
    this.#partitions = new PartitionedStore({ values: this, storage: options.storage, inlineBytes })
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
    const listed = this.#place(dataset.name)
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
    const { driver: listed, file, mlflow } = this.#place(dataset.name) ?? {}
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
    const own = this.#place(dataset.name)?.driver
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
    const { name } = dataset
    const place = this.#place(name)
    if (place === undefined) {
      throw new DatasetError('DATASET_NOT_FOUND', `Dataset '${name}' is not in the catalog.`, {
        dataset: name,
        hint: `List it in conf/base/catalog.yml, such as '${name}: { type: json, filepath: data/${name}.json }'.`,
      })
    }
    const { driver, service, validation, folder } = place
    if (folder !== undefined) return await this.#partitions.read(dataset, folder)
    if (service !== undefined)
      return await readService(dataset, service, { format: driver.name, validation })
    if (dataset.layout === 'stream') return await this.#readStream(dataset, place)
    const { bytes, path } = await this.#readPlace(name, place)
    const stored = await place.driver.decode(bytes, dataset, path)
    const value = await fromStored(dataset, stored, path, place.validation)
    const read = {
      dataset: name,
      path,
      format: place.driver.name,
      bytes: bytes.byteLength,
      sha256: hash('sha256', bytes),
      ...summarise(dataset, stored),
    }
    return { value, read }
  }

  /** Of these datasets, those that the catalog does not list or whose file is not there. */
  async missing(names: readonly string[]): Promise<readonly MissingDataset[]> {
    const found = await Promise.all(
      names.map(async (dataset) => {
        const place = this.#place(dataset)
        if (place === undefined) return { dataset, path: undefined }
        // Whether MLflow has it is asked when it is read: nothing waits for MLflow before that.
        if (isReadThere(place.mlflow)) return undefined
        if (place.file === undefined)
          return { dataset, path: `a run_id of '${dataset}' in catalog.yml` }
        // Nor is another machine asked, which may need credentials that only workers have.
        if (place.file.stored !== undefined || place.service !== undefined) return undefined
        if (place.folder !== undefined) {
          const isMissing = await this.#partitions.isMissing(place.folder)
          return isMissing ? { dataset, path: place.folder.path } : undefined
        }
        const path = await findCatalogFile(place.file, this.#loadVersions.get(dataset))
        return path === undefined ? { dataset, path: place.file.path } : undefined
      }),
    )
    return found.filter((dataset) => dataset !== undefined)
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
    const { file, service, folder } = this.#places.get(reference.dataset) ?? {}
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
  async content(dataset: Dataset): Promise<Pick<CatalogRead, 'path' | 'sha256'> | undefined> {
    const place = this.#place(dataset.name)
    if (place === undefined) return undefined
    const { file, folder, service, mlflow } = place
    if (folder !== undefined) return await this.#partitions.content(folder)
    if (service !== undefined) return (await this.readFromCatalog(dataset)).read
    if (file === undefined || isReadThere(mlflow)) {
      const { bytes, path } = await this.#readPlace(dataset.name, place)
      return { path, sha256: hash('sha256', bytes) }
    }
    const path = await findCatalogFile(file, this.#loadVersions.get(dataset.name))
    const source = path === undefined ? undefined : await catalogSource(file, path)
    return path === undefined || source === undefined
      ? undefined
      : { path, sha256: await digestOf(source) }
  }

  /** The form in which a dataset would be saved, as `formText` has it; undefined where any will do, for nobody has said. */
  form(dataset: Dataset): string | undefined {
    const { driver, file, folder } = this.#place(dataset.name) ?? {}
    if (folder !== undefined || dataset.layout === 'partitions') return partitionsFormat
    if (dataset.format === undefined && driver === undefined) return undefined
    const written = driverOf(dataset, driver, undefined)
    const isStream = dataset.layout === 'stream'
    return formText(writtenBy(written, isStream ? undefined : file && extname(file.path)))
  }

  /** Where the catalog keeps a dataset; undefined when it does not list it. */
  file(dataset: string): CatalogFile | undefined {
    return this.#places.get(dataset)?.file
  }

  /**
   * The beginning of a dataset of the catalog, for people; of a partitioned one that of its first partition.
   *
   * @throws DatasetError `DATASET_NOT_FOUND`, `DATASET_NOT_READABLE`
   */
  async preview(name: string, rows: number): Promise<Preview> {
    const place = this.#place(name)
    if (place?.folder !== undefined) {
      const [first] = await this.#partitions.ids(place.folder)
      return await this.preview(`${name}/${first ?? ''}`, rows)
    }
    const { file, service } = place ?? {}
    if (file === undefined || service !== undefined) throw notInFiles(name)
    const path = await findCatalogFile(file, this.#loadVersions.get(name))
    const source = path === undefined ? undefined : await catalogSource(file, path)
    if (place === undefined || path === undefined || source === undefined) throw this.#absent(file)
    return await previewOf(name, place.driver, { path, source }, rows)
  }

  /** Names the checkpoint of an incremental dataset of the catalog; undefined for another. */
  checkpoint(dataset: string): string | undefined {
    const folder = this.#places.get(dataset)?.folder
    return folder && this.#partitions.checkpoint(folder)
  }

  /** Moves the checkpoint of an incremental dataset, never back. @throws DatasetError `DATASET_NOT_WRITABLE` */
  async moveCheckpoint(dataset: string, last: string): Promise<void> {
    const folder = this.#places.get(dataset)?.folder
    if (folder !== undefined) await this.#partitions.moveCheckpoint(folder, last)
  }

  /** Versions of a versioned dataset of the catalog, newest first; none for another. */
  async versions(dataset: string): Promise<readonly string[]> {
    const { file } = this.#places.get(dataset) ?? {}
    return file === undefined ? [] : await listVersions(file)
  }

  /** The run's store itself. */
  get storage(): Storage {
    return this.#storage
  }

  /** The files of whole runs in the store: for retention. */
  get runFiles(): RunFiles {
    return new RunFiles(this.#storage)
  }

  /** The place of a dataset, or of one partition of a dataset: `stations/berlin`. */
  #place(name: string): CatalogPlace | undefined {
    const cut = name.indexOf('/')
    const known = this.#places.get(cut === -1 ? name : name.slice(0, cut))
    if (cut === -1 || known === undefined) return known
    const file = known.folder?.fileOf(name, name.slice(cut + 1))
    return file && { ...known, folder: undefined, file }
  }

  async #readPlace(
    name: string,
    { file, mlflow }: CatalogPlace,
  ): Promise<{ readonly bytes: Uint8Array; readonly path: string }> {
    if (mlflow !== undefined && isReadThere(mlflow)) {
      if (this.#mlflow === undefined)
        throw notReadable(name, 'and this process reads nothing there')
      const { bytes, where } = await this.#mlflow.read(mlflow, name, file?.path)
      return { bytes, path: where }
    }
    if (file === undefined) throw notReadable(name, 'and the catalog does not say in which run')
    const path = await findCatalogFile(file, this.#loadVersions.get(name))
    const bytes = path === undefined ? undefined : await readCatalogFile(file, path)
    if (path === undefined || bytes === undefined) throw this.#absent(file)
    return { bytes, path }
  }

  #validationOf({ name }: Dataset): Validation {
    return this.#place(name)?.validation ?? 'full'
  }

  async #saveStream(
    dataset: Dataset,
    value: unknown,
    place: AttemptPlace,
  ): Promise<DatasetReference> {
    const { name } = dataset
    const driver = driverOf(dataset, this.#place(name)?.driver, value)
    const uri = storePath(place, name, driver.extension)
    const saved = await saveStream(dataset, value, {
      driver,
      storage: this.#storage,
      path: uri,
      validation: this.#validationOf(dataset),
    })
    return { dataset: name, ...writtenBy(driver), ...saved, uri }
  }

  async #readStream(
    dataset: Dataset,
    place: CatalogPlace,
  ): Promise<{ readonly value: unknown; readonly read: CatalogRead }> {
    const { driver, file, mlflow, validation } = place
    const path =
      file === undefined || isReadThere(mlflow)
        ? undefined
        : await findCatalogFile(file, this.#loadVersions.get(dataset.name))
    if (file !== undefined && path !== undefined) {
      const source = await catalogSource(file, path)
      if (source !== undefined)
        return await readStream(dataset, source, { driver, where: path, validation })
    }
    // What is not there is told as it is of any other dataset.
    const read = await this.#readPlace(dataset.name, place)
    const source = bufferSource(read.bytes)
    return await readStream(dataset, source, { driver, where: read.path, validation })
  }

  #absent(file: CatalogFile): DatasetError {
    const version = this.#loadVersions.get(file.dataset)
    const what = version === undefined ? '' : ` version ${version} of`
    return new DatasetError(
      'DATASET_NOT_FOUND',
      `Dataset '${file.dataset}' has no file:${what} ${file.path} is not there.`,
      {
        dataset: file.dataset,
        hint: 'Put the file there, or correct its filepath in catalog.yml.',
      },
    )
  }
}

function catalogPlace(
  name: string,
  entry: CatalogEntry,
  { root, access = {} }: DatasetStoreOptions,
): CatalogPlace {
  const driver = configuredDriver(name, entry)
  const service = servicePlace(name, entry, root, { driver, access })
  const { mlflow, validate: validation = 'full' } = entry
  const folder = partitionFolder(name, entry, root, access)
  if (service === undefined) {
    const file = catalogFile(name, entry, root, access)
    return { driver, service, mlflow, validation, file, folder }
  }
  const { address: path, writer } = service
  // For the order of publications, which do not take each other's place when each is added.
  const file = writer && { dataset: name, path, versioned: writer.appends }
  return { driver, service, mlflow, validation, file, folder }
}

/** @throws DatasetError `DATASET_READ_ONLY` */
function assertWritable(dataset: string, place: CatalogPlace | undefined): void {
  if (isReadThere(place?.mlflow)) throw readOnly(dataset)
  const { service } = place ?? {}
  if (service !== undefined && service.writer === undefined) throw onlyRead(dataset)
}

function readOnly(dataset: string): DatasetError {
  return new DatasetError(
    'DATASET_READ_ONLY',
    `Dataset '${dataset}' is read from MLflow, so no node can make it.`,
    {
      dataset,
      hint: 'Remove run_id or the address of the model from its entry in catalog.yml, or give the node another output.',
    },
  )
}

function notInFiles(dataset: string): DatasetError {
  return new DatasetError('DATASET_NOT_FOUND', `Dataset '${dataset}' has no file in the catalog.`, {
    dataset,
    hint: 'What the catalog does not list is kept with each run: see `pipewright runs show`.',
  })
}

function notReadable(dataset: string, why: string): DatasetError {
  return new DatasetError('DATASET_NOT_FOUND', `Dataset '${dataset}' lies in MLflow, ${why}.`, {
    dataset,
    hint: 'Give its entry in catalog.yml a run_id, or the address of the model, or let a node of the pipeline make it.',
  })
}

function onlyRead(dataset: string): DatasetError {
  return new DatasetError(
    'DATASET_READ_ONLY',
    `Dataset '${dataset}' is read from a service, so no node can make it.`,
    {
      dataset,
      hint: 'Give the node another output, or a type that can be written, such as a table.',
    },
  )
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
