import { isUtf8 } from 'node:buffer'
import { once } from 'node:events'

import { parse } from 'csv-parse'

import type { Dataset } from '../../definition/dataset.ts'
import type { RowBatches, StreamSource } from '../driver.ts'
import type { CsvFormat } from './csv-format.ts'
import { markQuotedEmpty, parserMessage, parserOptions } from './csv-read.ts'
import { CsvRows } from './csv-rows.ts'
import { CsvWriter } from './csv-write.ts'

/** Rows of a CSV text as they are asked for; a piece of it is in memory. */
export async function* streamCsv(
  source: StreamSource,
  dataset: Dataset,
  where: string,
  format: CsvFormat,
): RowBatches {
  const rows = new CsvRows(dataset, where, format)
  let batch: object[] = []
  let line = 1
  let failure: { readonly error: unknown } | undefined
  const parser = parse({
    ...parserOptions(format),
    ...(rows.needsQuotes && { cast: markQuotedEmpty }),
    on_record: (record: readonly string[], { lines }) => {
      try {
        const row = failure === undefined ? rows.next(record, () => line) : undefined
        if (row !== undefined) batch.push(row)
      } catch (error) {
        // Thrown from here it would be the parser's own.
        failure = { error }
      }
      line = lines + 1
      return null
    },
  })
  // It emits nothing, for each record is taken as it is made; its end is waited for all the same.
  parser.resume()
  const ended = once(parser, 'end')
  // Whoever waits for a piece, or for the end, hears of it.
  ended.catch(() => undefined)
  try {
    for await (const piece of wholeCharacters(source.pieces(), rows)) {
      await write(parser, piece, rows)
      if (failure !== undefined) throw failure.error
      if (batch.length > 0) yield batch
      batch = []
    }
    parser.end()
    await ended.catch((error: unknown) => {
      throw rows.failed(parserMessage(error), error)
    })
    if (failure !== undefined) throw failure.error
    rows.end()
    if (batch.length > 0) yield batch
  } finally {
    parser.destroy()
  }
}

async function write(
  parser: ReturnType<typeof parse>,
  piece: Uint8Array,
  rows: CsvRows,
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    parser.write(piece, (error) => {
      if (error) reject(rows.failed(parserMessage(error), error))
      else resolve()
    })
  })
}

/** The same bytes, cut between characters, so that each piece can be checked. */
async function* wholeCharacters(
  pieces: AsyncIterable<Uint8Array>,
  rows: CsvRows,
): AsyncGenerator<Buffer> {
  let rest: Uint8Array = new Uint8Array()
  for await (const piece of pieces) {
    const bytes = Buffer.concat([rest, piece])
    const end = bytes.byteLength - cutCharacter(bytes)
    const whole = bytes.subarray(0, end)
    if (!isUtf8(whole)) throw rows.failed('it is not UTF-8 text.')
    rest = bytes.subarray(end)
    if (whole.byteLength > 0) yield whole
  }
  if (rest.byteLength > 0) throw rows.failed('it is not UTF-8 text.')
}

/** How many bytes of a character that is not complete the text ends with. */
function cutCharacter(bytes: Uint8Array): number {
  const last = bytes.byteLength
  for (let back = 1; back <= Math.min(3, last); back += 1) {
    const byte = bytes[last - back] ?? 0
    // A byte within a character.
    if ((byte & 0xc0) === 0x80) continue
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1
    return length > back ? back : 0
  }
  return 0
}

/** CSV text of rows as they come. Columns that the schema does not name are those of the first rows. */
export async function* encodeCsvStream(
  batches: RowBatches,
  dataset: Dataset,
  format: CsvFormat,
): AsyncGenerator<Uint8Array> {
  const writer = new CsvWriter(dataset, format)
  let begun = false
  for await (const batch of batches) {
    if (!begun) {
      writer.addColumns(batch)
      yield Buffer.from(writer.header())
      begun = true
    }
    if (batch.length > 0) yield Buffer.from(writer.block(batch), 'utf8')
  }
  if (begun) return
  writer.addColumns([])
  yield Buffer.from(writer.header())
}
