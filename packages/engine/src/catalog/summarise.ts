import type { Dataset } from '../definition/dataset.ts'
import type {
  Column,
  ColumnProfile,
  DatasetProfile,
  DatasetSummary,
} from '../run/dataset-summary.ts'
import { columnsOf } from './columns.ts'
import type { RowSample } from './row-sample.ts'

/** Bytes of JSON that a summary takes at most. */
const most = 1024
/** Columns that have statistics. */
const mostColumns = 12
/** Rows that statistics look at: of a longer table so many, evenly spread. */
const mostRows = 10_000

type Row = Readonly<Record<string, unknown>>

/** Of values other than arrays the columns alone are told. */
const ofValues = new WeakMap<readonly Column[], DatasetSummary>()

/** What is said of a stored value beside its bytes: its columns, and for an array how many rows there are and what they hold. */
export function summarise(dataset: Dataset, stored: unknown): DatasetSummary {
  const schema = columnsOf(dataset)
  if (Array.isArray(stored)) return fit(schema, profileOf(stored.length, sampleOf(stored), schema))
  if (schema === undefined) return {}
  const known = ofValues.get(schema) ?? fit(schema, undefined)
  ofValues.set(schema, known)
  return known
}

/** The same of rows that are not all in memory. */
export function summariseRows(table: Dataset, { rows, kept }: RowSample): DatasetSummary {
  const schema = columnsOf(table)
  return fit(schema, profileOf(rows, kept, schema))
}

function sampleOf(stored: readonly unknown[]): readonly unknown[] {
  const step = Math.ceil(stored.length / mostRows) || 1
  return step === 1 ? stored : stored.filter((_, index) => index % step === 0)
}

function profileOf(
  rows: number,
  sample: readonly unknown[],
  schema: readonly Column[] | undefined,
): DatasetProfile {
  const names = schema?.map(([name]) => name) ?? keysOf(sample[0])
  if (names.length === 0) return { rows }
  const stats = names
    .slice(0, mostColumns)
    .map((name) => [name, columnProfile(sample, name)] as const)
    .filter(([, profile]) => Object.keys(profile).length > 0)
  return {
    rows,
    columns: names.length,
    ...(sample.length < rows ? { sampled: sample.length } : {}),
    ...(stats.length > 0 ? { stats: Object.fromEntries(stats) } : {}),
  }
}

function columnProfile(rows: readonly unknown[], name: string): ColumnProfile {
  let missing = 0
  let count = 0
  let sum = 0
  let min = Infinity
  let max = -Infinity
  for (const row of rows) {
    const value = isRow(row) ? row[name] : undefined
    if (value === undefined || value === null) missing++
    if (typeof value !== 'number' || !Number.isFinite(value)) continue
    count++
    sum += value
    if (value < min) min = value
    if (value > max) max = value
  }
  const numbers = count === 0 ? {} : { min: short(min), max: short(max), mean: short(sum / count) }
  return missing === 0 ? numbers : { ...numbers, missing }
}

/** Six digits tell contents apart as well as seventeen do, and leave room for more columns. */
function short(value: number): number {
  return Number(value.toPrecision(6))
}

function keysOf(row: unknown): readonly string[] {
  return isRow(row) ? Object.keys(row) : []
}

function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Leaves out statistics, then columns, until there is room. `profile.columns` still counts all. */
function fit(
  schema: readonly Column[] | undefined,
  profile: DatasetProfile | undefined,
): DatasetSummary {
  const summary = {
    ...(schema === undefined ? {} : { schema }),
    ...(profile === undefined ? {} : { profile }),
  }
  if (sizeOf(summary) <= most) return summary
  const { stats: _stats, sampled: _sampled, ...counts } = profile ?? {}
  const lean = { ...counts, columns: schema?.length ?? counts.columns }
  const kept: Column[] = []
  let room = most - sizeOf({ schema: [], profile: lean })
  for (const column of schema ?? []) {
    room -= sizeOf(column) + 1
    if (room < 0) break
    kept.push(column)
  }
  return { ...(kept.length > 0 ? { schema: kept } : {}), profile: lean }
}

function sizeOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value))
}
