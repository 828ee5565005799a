import { readerOf, type DatasetReference, type Head } from '@pipewright/engine/internal'

import { sourceOf, type ReadStream } from './source.ts'

/** What a summary may take, in bytes, however much it is allowed to show. */
const mostBytes = 256 * 1024
const mostColumns = 1000

/** How much a summary shows. */
export interface SummaryLimits {
  /** Rows. */
  readonly sample: number
  /** Bytes of rows or text. */
  readonly maxBytes: number
}

/**
 * A value in short, as JSON: facts, columns and the first rows, or the beginning of a text. Only the beginning of the value is
 * read. What cannot be read is left out: the facts are known without it.
 */
export async function summaryOf(
  reference: DatasetReference,
  readStream: ReadStream,
  limits: SummaryLimits,
): Promise<Uint8Array> {
  const { dataset, format, bytes, sha256, rows, profile, uri } = reference
  const { columns = [], text, rows: first, problem } = await headOf(reference, readStream, limits)
  const schema = reference.schema ?? columns
  const room = Math.min(limits.maxBytes, mostBytes)
  const summary = {
    dataset,
    type: format,
    bytes,
    sha256,
    ...(rows !== undefined && { rows }),
    ...(uri !== undefined && { store: uri }),
    ...(schema.length > 0 && {
      columns: schema.slice(0, mostColumns).map(([name, type]) => ({ name, type })),
      // without a schema of the dataset, what the first rows look like
      columnsFrom: reference.schema === undefined ? 'head' : 'schema',
    }),
    ...(profile !== undefined && { profile }),
    ...(first !== undefined && { head: fit(first, room) }),
    ...(text !== undefined && { text: text.slice(0, room) }),
    ...(problem !== undefined && { problem }),
  }
  return new TextEncoder().encode(JSON.stringify(summary, undefined, 2))
}

async function headOf(
  reference: DatasetReference,
  readStream: ReadStream,
  { sample }: SummaryLimits,
): Promise<Head & { readonly problem?: string }> {
  try {
    const driver = readerOf(reference)
    return (await driver.head?.(sourceOf(reference, readStream), sample)) ?? {}
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) }
  }
}

/** As many of the first rows as have room. */
function fit(rows: readonly unknown[], room: number): readonly unknown[] {
  let left = room
  const fitting = rows.findIndex((row) => {
    left -= Buffer.byteLength(JSON.stringify(row) ?? '')
    return left < 0
  })
  return fitting < 0 ? rows : rows.slice(0, fitting)
}
