import type { Column } from '../run/dataset-summary.ts'

/** Bytes of an encoded value that a driver reads at most to show its beginning. */
export const headBytes: number = 256 * 1024

/** An encoded value that need not be in memory. */
export interface ByteSource {
  /** Size of the whole. */
  readonly bytes: number
  /** Bytes from `start` up to and without `end`, or as many of them as there are. */
  read(start: number, end: number): Promise<Uint8Array>
}

/** The beginning of a value, for people to look at: rows of a table or elements of an array, or else text. */
export interface Head {
  readonly rows?: readonly unknown[]
  readonly text?: string
  /** What the rows that were read look like. */
  readonly columns?: readonly Column[]
}

/** The beginning of a source as text, and whether that is all of it. */
export async function headText(
  source: ByteSource,
): Promise<{ readonly text: string; readonly isWhole: boolean }> {
  const start = await source.read(0, headBytes)
  const isWhole = start.byteLength >= source.bytes
  const text = new TextDecoder().decode(start, { stream: !isWhole })
  return { text, isWhole }
}

/** The columns of rows, with the types of the values that are there. */
export function columnsOfRows(rows: readonly unknown[]): readonly Column[] {
  const types = new Map<string, Set<string>>()
  for (const row of rows) {
    if (typeof row !== 'object' || row === null || Array.isArray(row)) continue
    for (const [name, value] of Object.entries(row)) {
      const known = types.get(name) ?? new Set()
      types.set(name, known.add(typeOf(value)))
    }
  }
  return [...types].map(([name, seen]): Column => [name, columnType(seen, name, rows)])
}

function columnType(seen: ReadonlySet<string>, name: string, rows: readonly unknown[]): string {
  const values = [...seen].filter((type) => type !== 'missing')
  const isMixed = values.length > 1
  const areNumbers = isMixed && values.every((type) => type === 'long' || type === 'double')
  const type = areNumbers ? 'double' : isMixed ? 'any' : (values[0] ?? 'any')
  const isAlwaysThere = rows.every(
    (row) => typeof row === 'object' && row !== null && Object.hasOwn(row, name),
  )
  return seen.has('missing') || !isAlwaysThere ? `${type}?` : type
}

function typeOf(value: unknown): string {
  if (value === null || value === undefined) return 'missing'
  if (typeof value === 'number') return Number.isInteger(value) ? 'long' : 'double'
  if (typeof value === 'string' || typeof value === 'boolean') return typeof value
  return Array.isArray(value) ? 'array' : 'object'
}
