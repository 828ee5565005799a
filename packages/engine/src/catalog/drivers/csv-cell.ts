import type { CellKind, Column } from './cell-column.ts'

/** What a cell reader gives for a text that the column cannot hold. */
export const unreadable: unique symbol = Symbol('unreadable')

/** Gives the value of a cell. Only a cell that is empty without quotes is null or undefined: a quoted one is empty text. */
export type CellReader = (text: string, quotedEmpty: boolean) => unknown

const numeric = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i
const whole = /^[-+]?\d+$/
const booleans: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['1', true],
  ['false', false],
  ['0', false],
])
const isoDate =
  /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)?(Z|[-+]\d{2}:?\d{2})?$/

/**
 * The reader of a column's cells.
 *
 * @param missing Texts that stand for no value.
 */
export function cellReader(column: Column, missing: ReadonlySet<string>): CellReader {
  const read = quickReader(column)
  if (missing.size === 0) return read
  return (text, quotedEmpty) => (missing.has(text) ? read('', false) : read(text, quotedEmpty))
}

/** Most columns are of one kind, and their cells are read millions of times. */
function quickReader(column: Column): CellReader {
  const slow: CellReader = (text, quotedEmpty) => readCell(text, quotedEmpty, column)
  const kind = soleKind(column)
  if (kind === 'string') {
    if (!column.nullable && !column.optional) return (text) => text
    return (text, quotedEmpty) => (text === '' ? slow(text, quotedEmpty) : text)
  }
  if (kind === 'number')
    return (text, quotedEmpty) => (numeric.test(text) ? Number(text) : slow(text, quotedEmpty))
  if (kind !== 'boolean') return slow
  return (text, quotedEmpty) =>
    text === 'true' ? true : text === 'false' ? false : slow(text, quotedEmpty)
}

/** The kind of a column that has one and no values of its own. */
export function soleKind({ kinds, literals }: Column): CellKind | undefined {
  const [kind] = kinds
  return kinds.size === 1 && literals.size === 0 ? kind : undefined
}

function readCell(text: string, quotedEmpty: boolean, column: Column): unknown {
  if (text === '' && !quotedEmpty) {
    if (column.nullable) return null
    if (column.optional) return undefined
  }
  if (column.literals.has(text)) return column.literals.get(text)
  const value = readScalar(text.trim(), column.kinds)
  if (value !== undefined) return value
  return column.kinds.has('string') ? text : unreadable
}

/** The most particular reading that a column allows; undefined when only text is left. */
function readScalar(
  text: string,
  kinds: Column['kinds'],
): number | bigint | boolean | Date | undefined {
  if (kinds.has('number') && numeric.test(text)) return Number(text)
  if (kinds.has('bigint') && whole.test(text)) return BigInt(text.replace(/^\+/, ''))
  if (kinds.has('boolean')) {
    const truth = booleans.get(text.toLowerCase())
    if (truth !== undefined) return truth
  }
  return kinds.has('date') ? readDate(text) : undefined
}

/** A date or time of ISO 8601; without a zone it is UTC, so that it means the same on every machine. */
export function readDate(text: string): Date | undefined {
  const match = isoDate.exec(text)
  if (match === null) return undefined
  const dateOnly = text.length === 10
  const date = new Date(dateOnly || match[1] !== undefined ? text : `${text}Z`)
  return Number.isNaN(date.getTime()) ? undefined : date
}

/** The text of a value; undefined when it has none. */
export function writeCell(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  if (value === null || value === undefined) return ''
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') {
    return String(value)
  }
  return value instanceof Date && !Number.isNaN(value.getTime()) ? value.toISOString() : undefined
}

/** Whether reading gave back what was written. Null and undefined are both the empty cell. */
export function sameCell(read: unknown, written: unknown): boolean {
  if (read instanceof Date && written instanceof Date) return read.getTime() === written.getTime()
  return read === written || (read ?? undefined) === (written ?? undefined)
}

/** What a column can hold, for messages: `a number or an empty cell`. */
export function describeColumn(column: Column): string {
  const kinds: string[] = [...column.kinds].map((kind) =>
    kind === 'string' ? 'text' : `a ${kind}`,
  )
  if (column.literals.size > 0) {
    const names = [...column.literals.keys()].slice(0, 10).map((name) => JSON.stringify(name))
    kinds.push(`one of ${names.join(', ')}`)
  }
  if (column.nullable || column.optional) kinds.push('an empty cell')
  return kinds.join(' or ')
}
