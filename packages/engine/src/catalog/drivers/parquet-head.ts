import * as z from 'zod'

import { columnsOfRows, type ByteSource, type Head } from '../head.ts'
import { readGroups } from './parquet-read.ts'

/** A row group that is larger than this is not read to show its beginning. */
const mostBytes = 64 * 1024 * 1024
const anything = { name: 'head', layout: 'table', schema: z.array(z.unknown()) } as const

/** The first rows of the first row group. */
export async function parquetHead(source: ByteSource, rows: number): Promise<Head> {
  if (source.bytes > mostBytes) return { text: 'Too large to be shown.' }
  for await (const group of readGroups(source, anything, 'the file', undefined)) {
    const first = group.slice(0, rows).map(shown)
    return { rows: first, columns: columnsOfRows(first) }
  }
  return { rows: [], columns: [] }
}

/** A row as JSON can have it. */
function shown(row: unknown): unknown {
  // Without a schema rows are plain objects.
  const cells = Object.entries(row as Readonly<Record<string, unknown>>)
  return Object.fromEntries(cells.map(([name, cell]) => [name, shownCell(cell)]))
}

function shownCell(cell: unknown): unknown {
  if (cell instanceof Uint8Array) return `${cell.byteLength} bytes`
  if (typeof cell !== 'bigint') return cell
  return Number.isSafeInteger(Number(cell)) ? Number(cell) : cell.toString()
}
