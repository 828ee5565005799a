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
}
