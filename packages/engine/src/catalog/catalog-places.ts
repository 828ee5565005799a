import { DatasetError } from '../errors.ts'
import type { CatalogAccess } from './catalog-access.ts'
import { catalogFile, findCatalogFile, listVersions, type CatalogFile } from './catalog-file.ts'
import { configuredDriver } from './configured-driver.ts'
import type { Driver, ServicePlace } from './driver.ts'
import type { Catalog, CatalogEntry, Validation } from './entry.ts'
import type { MlflowPlace } from './mlflow-place.ts'
import { isReadThere } from './mlflow-source.ts'
import { partitionFolder, type NamedFolder } from './partition-folder.ts'
import { servicePlace } from './read-service.ts'

/** Where a dataset of the catalog lies, and how it is read. */
export interface CatalogPlace {
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

/** What places are made from. */
export interface CatalogPlacesOptions {
  readonly catalog: Catalog
  /** The project's root, from which `filepath`s count. */
  readonly root: string
  /** Version to load of a versioned dataset, by dataset name. Default: the newest. */
  readonly loadVersions?: Readonly<Record<string, string>>
  /** How to reach what lies elsewhere than on this machine. Default: as the vendors' libraries find their way. */
  readonly access?: CatalogAccess
}

/** The places of all datasets of a catalog. */
export class CatalogPlaces {
  readonly #places: ReadonlyMap<string, CatalogPlace>
  readonly #loadVersions: ReadonlyMap<string, string>

  /**
   * @throws ConfigError `DATASET_TYPE_UNKNOWN`, `DATASET_SETTING_INVALID`. @throws DatasetError `DATASET_PATH_UNSUPPORTED`
   */
  constructor(options: CatalogPlacesOptions) {
    const { catalog, loadVersions = {} } = options
    this.#loadVersions = new Map(Object.entries(loadVersions))
    this.#places = new Map(
      Object.entries(catalog).map(([name, entry]) => [name, placeOf(name, entry, options)]),
    )
  }

  /** The place of a dataset, or of one partition of a dataset: `stations/berlin`. Undefined when the catalog has none. */
  of(name: string): CatalogPlace | undefined {
    const cut = name.indexOf('/')
    const known = this.#places.get(cut === -1 ? name : name.slice(0, cut))
    if (cut === -1 || known === undefined) return known
    const file = known.folder?.fileOf(name, name.slice(cut + 1))
    return file && { ...known, folder: undefined, file }
  }

  /** The file that is read: of a versioned dataset that of the version. Undefined when it is not there. */
  async path(file: CatalogFile): Promise<string | undefined> {
    return await findCatalogFile(file, this.#loadVersions.get(file.dataset))
  }

  /** Versions of a versioned dataset, newest first; none for another. */
  async versions(dataset: string): Promise<readonly string[]> {
    const { file } = this.#places.get(dataset) ?? {}
    return file === undefined ? [] : await listVersions(file)
  }

  /** The error of a file that is not there. */
  absent(file: CatalogFile): DatasetError {
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

function placeOf(
  name: string,
  entry: CatalogEntry,
  { root, access = {} }: CatalogPlacesOptions,
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

/** @throws DatasetError `DATASET_READ_ONLY` for a dataset that no node can make */
export function assertWritable(dataset: string, place: CatalogPlace | undefined): void {
  if (isReadThere(place?.mlflow))
    throw readOnly(
      dataset,
      'MLflow',
      'Remove run_id or the address of the model from its entry in catalog.yml, or give the node another output.',
    )
  const { service } = place ?? {}
  if (service !== undefined && service.writer === undefined)
    throw readOnly(
      dataset,
      'a service',
      'Give the node another output, or a type that can be written, such as a table.',
    )
}

function readOnly(dataset: string, where: string, hint: string): DatasetError {
  return new DatasetError(
    'DATASET_READ_ONLY',
    `Dataset '${dataset}' is read from ${where}, so no node can make it.`,
    { dataset, hint },
  )
}
