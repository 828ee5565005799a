import type { Dataset } from '../definition/dataset.ts'
import type { ByteSource, Head } from './head.ts'

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
   * The settings that reading needs of what this driver writes, as JSON: `configure({ load, save })` with them reads it.
   * References carry them, for readers that do not know the catalog. Undefined: none.
   */
  readonly settings?: Readonly<Record<string, unknown>> | undefined
}

/** `load_args` and `save_args` of a catalog entry. */
export interface DriverSettings {
  readonly load?: Readonly<Record<string, unknown>> | undefined
  readonly save?: Readonly<Record<string, unknown>> | undefined
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
