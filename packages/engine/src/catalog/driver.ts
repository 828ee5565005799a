import type { Secret } from '../config/secret.ts'
import type { Dataset } from '../definition/dataset.ts'
import type { CatalogEntry } from './entry.ts'
import type { ByteSource, Head } from './head.ts'
import type { NetworkPolicy } from './network-policy.ts'

/**
 * A format driver: how the values of a dataset become bytes and come back. One file, one test, one docs page each;
 * all pass `driverConformance` of `@pipewright/engine/testing`.
 */
export interface Driver {
  /** Name in `catalog.yml` (`type: csv`). */
  readonly name: string
  /** File extension with its dot. */
  readonly extension: string
  /** MIME type. */
  readonly mediaType: string
  /** True when the bytes are UTF-8 text, so that small values can lie in the ledger. */
  readonly text: boolean
  /** Encodes a validated value. @throws DatasetError `DATASET_NOT_ENCODABLE` */
  encode(value: unknown, dataset: Dataset): Promise<Uint8Array> | Uint8Array
  /**
   * Decodes bytes to a value that the dataset's schema can parse, or to a promise of it.
   * @param where Path or address, for messages. @throws DatasetError `DATASET_NOT_DECODABLE`
   */
  decode(bytes: Uint8Array, dataset: Dataset, where: string): unknown
  /** The first rows of an encoded value, without reading all of it. Left out where there is nothing to show. */
  head?(source: ByteSource, rows: number): Promise<Head>
  /** For rows that do not fit memory together. Left out where the format is read and written whole. */
  readonly rows?: RowStreams
  /**
   * The same driver with the settings of a catalog entry. Left out where there are none.
   * @throws ConfigError `DATASET_SETTING_INVALID`
   */
  configure?(settings: DriverSettings): Driver
  /**
   * For datasets that are no files: tables of databases, queries, answers of services. The bytes of the driver are then how
   * their values are kept in the run's store. Nothing is connected to before it is used.
   * @throws ConfigError `DATASET_SETTING_INVALID`
   */
  place?(entry: ServiceEntry): ServicePlace
  /**
   * The settings that reading needs of what this driver writes, as JSON: `configure({ load, save })` with them reads it.
   * References carry them, for readers that do not know the catalog. Undefined: none.
   */
  readonly settings?: Readonly<Record<string, unknown>> | undefined
}

/** What of a catalog entry a driver heeds. */
export interface DriverSettings {
  /** `load_args` */
  readonly load?: Readonly<Record<string, unknown>> | undefined
  /** `save_args` */
  readonly save?: Readonly<Record<string, unknown>> | undefined
  readonly filepath?: string | null | undefined
}

/** Rows in batches, so that what each row costs is the row's own cost. */
export type RowBatches = AsyncIterable<readonly unknown[]>

/** How a format is read and written batch by batch. `dataset` is the table of the stream's rows: its schema is an array's. */
export interface RowStreams {
  /** Encodes validated rows as they come. @throws DatasetError `DATASET_NOT_ENCODABLE`, while it is walked. */
  encode(batches: RowBatches, dataset: Dataset): AsyncIterable<Uint8Array>
  /** Decodes rows as they are asked for. @throws DatasetError `DATASET_NOT_DECODABLE`, while it is walked. */
  decode(source: StreamSource, dataset: Dataset, where: string): RowBatches
}

/** An encoded value that need not be in memory: from its beginning to its end, or any part of it. */
export interface StreamSource extends ByteSource {
  pieces(): AsyncIterable<Uint8Array>
}

/** A catalog entry of a dataset that is no file, and how to get there. */
export interface ServiceEntry {
  readonly dataset: string
  readonly entry: CatalogEntry
  /** The project's root. */
  readonly root: string
  readonly credentials?: (() => Secret) | undefined
  readonly network?: NetworkPolicy | undefined
}

/** Where a dataset lies that is no file. */
export interface ServicePlace {
  /** Without secrets: for messages and records, and for the order of publications to one place. */
  readonly address: string
  /**
   * The value that the dataset's schema can parse.
   * @throws DatasetError `DATASET_NOT_READABLE`, `DATASET_NOT_DECODABLE`
   */
  read(dataset: Dataset): Promise<unknown>
  /** Left out where nothing can be written. */
  readonly writer?: ServiceWriter
}

/** Publishes committed values to a service. */
export interface ServiceWriter {
  /** True when each value is added to those before; else it takes their place. */
  readonly appends: boolean
  /**
   * To do it again with the same key changes nothing.
   * @param bytes The value as the driver encoded it.
   * @param key Names the publication.
   * @throws DatasetError `DATASET_NOT_WRITABLE`
   */
  write(bytes: Uint8Array, key: string): Promise<void>
}
