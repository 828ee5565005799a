import type { SignatureInput } from '../model-folder.ts'
import { contractViolated } from '../protocol/scoring-error.ts'
import type { Fields, Rows, ScoringInput } from '../protocol/scoring-input.ts'
import type { OnnxInput } from './onnx-runtime.ts'
import { flatten, type Flat } from './tensor.ts'

/** The tensors of a request, and how their results are told: as a table's records, or by name. */
export interface Feeds {
  readonly tensors: Readonly<Record<string, Flat>>
  readonly asRecords: boolean
}

interface Table {
  readonly columns: readonly string[]
  readonly rows: Rows
}

/**
 * Makes the tensors of an ONNX model from an input, as MLflow's ONNX flavor does. A data frame becomes one matrix for a
 * model with one input, and one tensor a column for others, and is answered with records. Named and nested lists are the
 * tensors themselves, and are answered by the names of the outputs. A signature of columns makes any input a data frame;
 * one of tensors makes a data frame tensors.
 *
 * @throws ScoringError
 */
export function toFeeds(
  input: ScoringInput,
  inputs: readonly OnnxInput[],
  signature: readonly SignatureInput[] | undefined,
): Feeds {
  const hasColumns = signature?.some(({ column }) => column !== undefined) ?? false
  const hasTensors = signature !== undefined && !hasColumns
  const table = asTable(input, hasColumns)
  if (table !== undefined) {
    const chosen = hasColumns ? select(table, signature ?? []) : table
    return { tensors: ofTable(chosen, inputs), asRecords: !hasTensors }
  }
  if (input.kind === 'columns') return { tensors: ofNames(input.columns, inputs), asRecords: false }
  if (input.kind === 'records') {
    return { tensors: ofNames(columnsOf(input.records), inputs), asRecords: false }
  }
  const [only] = inputs
  if (only === undefined || inputs.length > 1 || input.kind !== 'values') {
    throw contractViolated(
      `The model has the inputs ${namesOf(inputs)}; a list without names cannot be told apart.`,
    )
  }
  return { tensors: { [only.name]: flatten(input.values, only.name) }, asRecords: false }
}

/** A data frame; with a signature of columns, whatever can be read as one. */
function asTable(input: ScoringInput, always: boolean): Table | undefined {
  if (input.kind === 'table') return input
  if (input.kind === 'records') {
    return input.frame || always
      ? tableOf(columnsOf(input.records), input.records.length)
      : undefined
  }
  if (!always) return undefined
  if (input.kind === 'columns') {
    const lists = Object.entries(input.columns).map(
      ([name, value]) => [name, Array.isArray(value) ? (value as unknown[]) : [value]] as const,
    )
    const length = Math.max(0, ...lists.map(([, list]) => list.length))
    return tableOf(Object.fromEntries(lists), length)
  }
  const rows = (Array.isArray(input.values) ? input.values : [input.values]).map((row: unknown) =>
    Array.isArray(row) ? (row as unknown[]) : [row],
  )
  return { columns: (rows[0] ?? []).map((_, index) => String(index)), rows }
}

function columnsOf(records: readonly Fields[]): Record<string, readonly unknown[]> {
  const names = new Set(records.flatMap((record) => Object.keys(record)))
  return Object.fromEntries(
    [...names].map((name) => [name, records.map((record) => record[name] ?? null)]),
  )
}

function tableOf(columns: Readonly<Record<string, readonly unknown[]>>, length: number): Table {
  const names = Object.keys(columns)
  return {
    columns: names,
    rows: Array.from({ length }, (_, index) => names.map((name) => columns[name]?.[index] ?? null)),
  }
}

/** The columns of the signature, in its order; others are left out. */
function select(table: Table, signature: readonly SignatureInput[]): Table {
  const named = signature.filter(({ name }) => name !== undefined)
  if (named.length === 0) return table
  const missing = named.filter(
    ({ name, required }) => required && !table.columns.includes(name ?? ''),
  )
  if (missing.length > 0) {
    throw contractViolated(
      `The input lacks the columns ${missing.map(({ name }) => name).join(', ')}.`,
    )
  }
  const places = named.map(({ name }) => table.columns.indexOf(name ?? '')).filter((at) => at >= 0)
  return {
    columns: places.map((at) => table.columns[at] ?? ''),
    rows: table.rows.map((row) => places.map((at) => row[at])),
  }
}

function ofTable(table: Table, inputs: readonly OnnxInput[]): Record<string, Flat> {
  const [only, another] = inputs
  if (only !== undefined && another === undefined) {
    // One column whose cells are lists is a tensor, row by row.
    const isNested = table.columns.length === 1 && table.rows.some(([cell]) => Array.isArray(cell))
    const rows = isNested ? table.rows.map(([cell]) => cell) : table.rows
    return { [only.name]: flatten(rows, only.name) }
  }
  return Object.fromEntries(
    inputs.map((input) => {
      const at = table.columns.indexOf(input.name)
      if (at < 0) throw missingInput(input.name, inputs)
      const flat = flatten(
        table.rows.map((row) => row[at]),
        input.name,
      )
      return [input.name, withRank(flat, input)]
    }),
  )
}

function ofNames(columns: Fields, inputs: readonly OnnxInput[]): Record<string, Flat> {
  return Object.fromEntries(
    inputs.map((input) => {
      if (!(input.name in columns)) throw missingInput(input.name, inputs)
      return [input.name, withRank(flatten(columns[input.name], input.name), input)]
    }),
  )
}

/** A plain column for an input of two dimensions is a matrix of one column. */
function withRank(flat: Flat, { shape }: OnnxInput): Flat {
  return flat.dims.length === 1 && shape.length === 2 ? { ...flat, dims: [...flat.dims, 1] } : flat
}

function missingInput(name: string, inputs: readonly OnnxInput[]): Error {
  return contractViolated(`The input lacks ${name}; the model has the inputs ${namesOf(inputs)}.`)
}

function namesOf(inputs: readonly OnnxInput[]): string {
  return inputs.map(({ name }) => name).join(', ')
}
