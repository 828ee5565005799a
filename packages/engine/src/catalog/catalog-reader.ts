import { hash } from 'node:crypto'

import type { Dataset } from '../definition/dataset.ts'
import { DatasetError } from '../errors.ts'
import type { CatalogRead } from '../run/catalog-read.ts'
import { catalogSource, readCatalogFile, type CatalogFile } from './catalog-file.ts'
import type { CatalogPlace, CatalogPlaces } from './catalog-places.ts'
import type { StreamSource } from './driver.ts'
import { isReadThere, type MlflowSource } from './mlflow-source.ts'
import type { PartitionedStore, ReadDataset } from './partitioned-store.ts'
import { previewOf, type Preview } from './preview.ts'
import { readService } from './read-service.ts'
import { bufferSource, digestOf } from './stream-source.ts'
import { readStream } from './stream-store.ts'
import { summarise } from './summarise.ts'
import { fromStored } from './validate.ts'

/** A dataset that is asked for and is not there. */
export interface MissingDataset {
  readonly dataset: string
  /** Where it should lie; undefined when the catalog does not list it. */
  readonly path: string | undefined
}

/** The content of a dataset of the catalog. */
export type CatalogContent = Pick<CatalogRead, 'path' | 'sha256'>

interface FoundFile {
  readonly path: string
  readonly source: StreamSource
}

/** What a reader of a catalog needs. */
export interface CatalogReaderOptions {
  readonly places: CatalogPlaces
  readonly partitions: PartitionedStore
  /** Undefined where nothing is read from MLflow. */
  readonly mlflow: MlflowSource | undefined
}

/** Reads datasets from where the catalog says that they lie. */
export class CatalogReader {
  readonly #places: CatalogPlaces
  readonly #partitions: PartitionedStore
  readonly #mlflow: MlflowSource | undefined

  constructor({ places, partitions, mlflow }: CatalogReaderOptions) {
    this.#places = places
    this.#partitions = partitions
    this.#mlflow = mlflow
  }

  /**
   * A dataset with what was read: for the record of the attempt.
   *
   * @throws DatasetError `DATASET_NOT_FOUND`, `DATASET_NOT_READABLE`, `DATASET_NOT_DECODABLE`, `DATASET_INVALID`
   */
  async read(dataset: Dataset): Promise<ReadDataset> {
    const { name } = dataset
    const place = this.#places.of(name)
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
    const stored = await driver.decode(bytes, dataset, path)
    const value = await fromStored(dataset, stored, path, validation)
    const read = {
      dataset: name,
      path,
      format: driver.name,
      bytes: bytes.byteLength,
      sha256: hash('sha256', bytes),
      ...summarise(dataset, stored),
    }
    return { value, read }
  }

  /**
   * What tells the content of a dataset from another, as `read` would record it; undefined when the catalog does not list it, or
   * nothing is there.
   *
   * @throws DatasetError as `read`, of what is no file
   */
  async content(dataset: Dataset): Promise<CatalogContent | undefined> {
    const place = this.#places.of(dataset.name)
    if (place === undefined) return undefined
    const { file, folder, service, mlflow } = place
    if (folder !== undefined) return await this.#partitions.content(folder)
    if (service !== undefined) return (await this.read(dataset)).read
    if (file === undefined || isReadThere(mlflow)) {
      const { bytes, path } = await this.#readPlace(dataset.name, place)
      return { path, sha256: hash('sha256', bytes) }
    }
    const found = await this.#find(file)
    return found && { path: found.path, sha256: await digestOf(found.source) }
  }

  /** Of these datasets, those that the catalog does not list or whose file is not there. */
  async missing(names: readonly string[]): Promise<readonly MissingDataset[]> {
    const found = await Promise.all(names.map(async (name) => this.#missing(name)))
    return found.filter((dataset) => dataset !== undefined)
  }

  async #missing(dataset: string): Promise<MissingDataset | undefined> {
    const place = this.#places.of(dataset)
    if (place === undefined) return { dataset, path: undefined }
    const { file, folder, mlflow, service } = place
    // Whether MLflow has it is asked when it is read: nothing waits for MLflow before that.
    if (isReadThere(mlflow)) return undefined
    if (file === undefined) return { dataset, path: `a run_id of '${dataset}' in catalog.yml` }
    // Nor is another machine asked, which may need credentials that only workers have.
    if (file.stored !== undefined || service !== undefined) return undefined
    if (folder !== undefined)
      return (await this.#partitions.isMissing(folder)) ? { dataset, path: folder.path } : undefined
    const path = await this.#places.path(file)
    return path === undefined ? { dataset, path: file.path } : undefined
  }

  /**
   * The beginning of a dataset of the catalog, for people; of a partitioned one that of its first partition.
   *
   * @throws DatasetError `DATASET_NOT_FOUND`, `DATASET_NOT_READABLE`
   */
  async preview(name: string, rows: number): Promise<Preview> {
    const place = this.#places.of(name)
    if (place?.folder !== undefined) {
      const [first] = await this.#partitions.ids(place.folder)
      return await this.preview(`${name}/${first ?? ''}`, rows)
    }
    const { file, service } = place ?? {}
    if (file === undefined || service !== undefined) throw notInFiles(name)
    const found = await this.#find(file)
    if (place === undefined || found === undefined) throw this.#places.absent(file)
    return await previewOf(name, place.driver, found, rows)
  }

  /** A file that can be read; undefined when it is not there. */
  async #find(file: CatalogFile): Promise<FoundFile | undefined> {
    const path = await this.#places.path(file)
    const source = path === undefined ? undefined : await catalogSource(file, path)
    return path === undefined || source === undefined ? undefined : { path, source }
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
    const path = await this.#places.path(file)
    const bytes = path === undefined ? undefined : await readCatalogFile(file, path)
    if (path === undefined || bytes === undefined) throw this.#places.absent(file)
    return { bytes, path }
  }

  async #readStream(dataset: Dataset, place: CatalogPlace): Promise<ReadDataset> {
    const { driver, file, mlflow, validation } = place
    const found = file === undefined || isReadThere(mlflow) ? undefined : await this.#find(file)
    if (found !== undefined)
      return await readStream(dataset, found.source, { driver, where: found.path, validation })
    // What is not there is told as it is of any other dataset.
    const { bytes, path } = await this.#readPlace(dataset.name, place)
    return await readStream(dataset, bufferSource(bytes), { driver, where: path, validation })
  }
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
