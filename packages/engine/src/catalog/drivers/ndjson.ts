import type { Dataset } from '../../definition/dataset.ts'
import { DatasetError } from '../../errors.ts'
import type { Driver, RowBatches, StreamSource } from '../driver.ts'
import { notDecodable } from '../not-decodable.ts'
import { assertJsonRows } from './assert-json.ts'
import { ndjsonHead } from './ndjson-head.ts'

const newline = 0x0a
/** A line of half a gigabyte is no line: it is a file without line ends. */
const longestLine = 128 * 1024 * 1024
/** Lines that are joined to one text: a text ends at half a gigabyte. */
const blockRows = 10_000

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** One JSON value a line. What JSON cannot hold is refused, naming its path in the value. */
export const ndjson: Driver = {
  name: 'ndjson',
  extension: '.ndjson',
  mediaType: 'application/x-ndjson',
  text: true,
  encode(value: unknown, dataset: Dataset): Uint8Array {
    if (!Array.isArray(value)) throw noArray(dataset)
    const blocks: Uint8Array[] = []
    for (let start = 0; start < value.length; start += blockRows)
      blocks.push(linesOf(value.slice(start, start + blockRows), dataset, start))
    return Buffer.concat(blocks)
  },
  decode(bytes: Uint8Array, dataset: Dataset, where: string): unknown {
    const reader = new LineReader(dataset, where)
    return reader.add(bytes).concat(reader.end())
  },
  head: ndjsonHead,
  rows: {
    async *encode(batches: RowBatches, dataset: Dataset): AsyncGenerator<Uint8Array> {
      let written = 0
      for await (const batch of batches) {
        yield linesOf(batch, dataset, written)
        written += batch.length
      }
    },
    async *decode(source: StreamSource, dataset: Dataset, where: string): RowBatches {
      const reader = new LineReader(dataset, where)
      for await (const piece of source.pieces()) yield reader.add(piece)
      yield reader.end()
    },
  },
}

function linesOf(rows: readonly unknown[], dataset: Dataset, first: number): Uint8Array {
  assertJsonRows(rows, dataset.name, first)
  return Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join(''), 'utf8')
}

/** Takes the bytes of a file one after another and gives the values of the lines that are complete. */
class LineReader {
  readonly #dataset: Dataset
  readonly #where: string
  #rest: Uint8Array = new Uint8Array()
  #line = 0

  constructor(dataset: Dataset, where: string) {
    this.#dataset = dataset
    this.#where = where
  }

  add(piece: Uint8Array): readonly unknown[] {
    const end = piece.lastIndexOf(newline) + 1
    const whole = end === 0 ? undefined : Buffer.concat([this.#rest, piece.subarray(0, end)])
    this.#rest = whole === undefined ? Buffer.concat([this.#rest, piece]) : piece.slice(end)
    if (this.#rest.byteLength > longestLine)
      throw this.#failed(`line ${this.#line + 1}: it is longer than ${longestLine} bytes.`)
    return whole === undefined ? [] : this.#values(whole)
  }

  /** The value of a last line that has no end. */
  end(): readonly unknown[] {
    const last = this.#rest
    this.#rest = new Uint8Array()
    return last.byteLength === 0 ? [] : this.#values(last)
  }

  #values(bytes: Uint8Array): readonly unknown[] {
    const values: unknown[] = []
    let start = 0
    while (start < bytes.byteLength) {
      // Line by line: a text ends at half a gigabyte.
      const found = bytes.indexOf(newline, start)
      const end = found === -1 ? bytes.byteLength : found
      this.#line += 1
      const text = this.#text(bytes.subarray(start, end))
      start = end + 1
      if (text.trim() !== '') values.push(this.#value(text))
    }
    return values
  }

  #text(bytes: Uint8Array): string {
    try {
      const text = decoder.decode(bytes)
      return this.#line === 1 && text.startsWith('\uFEFF') ? text.slice(1) : text
    } catch (error) {
      throw this.#failed(`line ${this.#line}: it is not UTF-8 text.`, error)
    }
  }

  #value(text: string): unknown {
    try {
      return JSON.parse(text)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      throw this.#failed(`line ${this.#line}: ${reason}`, error)
    }
  }

  #failed(reason: string, cause?: unknown): DatasetError {
    return notDecodable(this.#dataset, this.#where, reason, cause)
  }
}

function noArray({ name }: Dataset): DatasetError {
  return new DatasetError(
    'DATASET_NOT_ENCODABLE',
    `Dataset '${name}' cannot be written as NDJSON: at / is no array.`,
    { dataset: name, hint: 'Return an array or a stream of values, or use the type json.' },
  )
}
