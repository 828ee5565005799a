import type { Column } from './cell-column.ts'
import { readDate } from './csv-cell.ts'

/** Gives a cell the type that the schema asks for, where that loses nothing. */
export type CellConversion = (value: unknown) => unknown

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * What a cell of a format that knows types, such as Parquet or a database, becomes for a column of a schema: a whole number is
 * a number or a bigint, a time is a date or text, as the schema has it. What cannot be converted stays, for the schema to
 * refuse. Null is what a cell without value becomes; undefined where only that is allowed.
 */
export function cellConversion(column: Column): CellConversion {
  if (column.open) return (value) => plainBytes(value) ?? null
  const missing = column.nullable || !column.optional ? null : undefined
  const convert = conversionOf(column)
  return (value) => (value === null || value === undefined ? missing : convert(value))
}

function conversionOf({ kinds, literals }: Column): CellConversion {
  const texts = [...literals.values()]
  const holds = (kind: string): boolean =>
    kinds.has(kind as never) || texts.some((value) => typeof value === kind)
  const wanted = {
    number: holds('number'),
    bigint: holds('bigint'),
    boolean: holds('boolean'),
    date: kinds.has('date'),
    string: holds('string'),
    nested: kinds.has('nested'),
  }
  return (value) => {
    if (typeof value === 'number') return wanted.number ? value : fromNumber(value, wanted)
    if (typeof value === 'string') return wanted.string ? value : fromText(value, wanted)
    if (typeof value === 'bigint') return wanted.bigint ? value : fromBigint(value, wanted)
    return typeof value === 'object' ? fromObject(value, wanted) : value
  }
}

type Wanted = Readonly<
  Record<'number' | 'bigint' | 'boolean' | 'date' | 'string' | 'nested', boolean>
>

function fromBigint(value: bigint, wanted: Wanted): unknown {
  const number = Number(value)
  if (!Number.isSafeInteger(number)) return value
  return wanted.number ? number : fromNumber(number, wanted)
}

/** Databases without booleans have 0 and 1. */
function fromNumber(value: number, wanted: Wanted): unknown {
  if (wanted.bigint && Number.isSafeInteger(value)) return BigInt(value)
  if (wanted.boolean && (value === 0 || value === 1)) return value === 1
  return value
}

/** Numbers that need more digits than a double has come as text from databases. */
function fromText(text: string, wanted: Wanted): unknown {
  if (wanted.number && text.trim() !== '' && !Number.isNaN(Number(text))) return Number(text)
  if (wanted.bigint && /^-?\d+$/.test(text)) return BigInt(text)
  if (wanted.date) return readDate(text) ?? text
  return wanted.nested ? fromJson(text) : text
}

/** Databases without lists and objects keep their JSON as text. */
function fromJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function fromObject(value: unknown, wanted: Wanted): unknown {
  if (value instanceof Date) return !wanted.date && wanted.string ? value.toISOString() : value
  if (value instanceof Uint8Array) return wanted.string ? asText(value) : plainBytes(value)
  return wanted.nested ? plainNested(value) : value
}

/** Bytes as a plain Uint8Array, whatever subclass a library gave: equal values must compare equal. */
export function plainBytes(value: unknown): unknown {
  const isOther = value instanceof Uint8Array && value.constructor !== Uint8Array
  return isOther ? new Uint8Array(value) : value
}

function asText(bytes: Uint8Array): unknown {
  try {
    return decoder.decode(bytes)
  } catch {
    return bytes
  }
}

/** Lists and structs hold bigints where their file has whole numbers of 64 bits. */
function plainNested(value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value
  if (ArrayBuffer.isView(value) && !(value instanceof DataView))
    // Every view but a DataView is a list of numbers or bigints.
    return Array.from(value as unknown as ArrayLike<unknown>, plainNested)
  if (Array.isArray(value)) return value.map(plainNested)
  if (typeof value !== 'object' || value === null || value instanceof Date) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plainNested(item)]))
}
