import { badRequest, contractViolated } from '../protocol/scoring-error.ts'
import { isFields, recordOf, type Fields, type ScoringInput } from '../protocol/scoring-input.ts'
import type { RowShape } from './row-shape.ts'

/**
 * The rows of an input, as a pipeline takes them.
 *
 * @throws ScoringError when the input cannot be told apart into rows; whether a row is right, its contract says
 */
export function toRows(input: ScoringInput, shape: RowShape): readonly unknown[] {
  const rows = separate(input, shape)
  const { fields } = shape
  if (fields === undefined) return rows
  return rows.map((row, index) => {
    if (!isFields(row)) return row
    assertNumbers(row, index, fields)
    return withoutMissing(row, fields)
  })
}

/** What is no number where one must be is no input at all, in MLflow's eyes; the rest is the contract's affair. */
function assertNumbers(row: Fields, index: number, fields: NonNullable<RowShape['fields']>): void {
  for (const [name, value] of Object.entries(row)) {
    const isMeantAsNumber = fields.get(name)?.kind === 'number'
    if (!isMeantAsNumber || value === null || typeof value === 'number') continue
    throw badRequest(`Row ${index}: ${name} takes a number, not ${JSON.stringify(value)}.`)
  }
}

function separate(input: ScoringInput, shape: RowShape): readonly unknown[] {
  if (input.kind === 'records') return input.records
  if (input.kind === 'columns') return fromColumns(input.columns, shape)
  if (input.kind === 'values') return fromValues(input.values, shape)
  return shape.fields === undefined && input.columns.length === 1
    ? input.rows.map(([value]) => value)
    : input.rows.map((row) => recordOf(input.columns, row))
}

/**
 * Columns are lists with one value a row. Single values are one row, and so is a list of words where the row itself takes
 * a list: MLflow tells them apart in the same way.
 */
function fromColumns(columns: Fields, { fields }: RowShape): readonly unknown[] {
  const lists = Object.entries(columns).map(
    ([name, value]) => [name, Array.isArray(value) ? (value as unknown[]) : undefined] as const,
  )
  const isOneRow = lists.every(([name, list]) => {
    const isNested = fields?.get(name)?.kind === 'json'
    return list === undefined || (isNested && list.every((item) => typeof item === 'string'))
  })
  if (isOneRow) return [columns]
  const length = Math.max(0, ...lists.map(([, list]) => list?.length ?? 0))
  const uneven = lists.find(([, list]) => list !== undefined && list.length !== length)
  if (uneven !== undefined) {
    throw contractViolated(
      `The columns of inputs must be of one length: ${uneven[0]} has ${uneven[1]?.length} values, another one ${length}.`,
    )
  }
  return Array.from({ length }, (_, index) =>
    Object.fromEntries(
      // A single value beside lists holds for every row.
      lists.map(([name, list]) => [name, list === undefined ? columns[name] : list[index]]),
    ),
  )
}

/** Values without a name are those of the only column, if there is but one. */
function fromValues(values: unknown, { fields }: RowShape): readonly unknown[] {
  const list: readonly unknown[] = Array.isArray(values) ? values : [values]
  if (fields === undefined) return list
  const [only, another] = [...fields.keys()]
  if (list.length === 0) return []
  if (only !== undefined && another === undefined) return list.map((value) => ({ [only]: value }))
  throw contractViolated(
    `The model takes rows with the fields ${[...fields.keys()].join(', ')}; values without names cannot be told apart.`,
  )
}

/** Tables have no way to leave a value out but null, which a field that may be missing need not take. */
function withoutMissing(row: Fields, fields: NonNullable<RowShape['fields']>): Fields {
  const kept = Object.entries(row).filter(([name, value]) => {
    const field = fields.get(name)
    return value !== null || field === undefined || field.required || field.nullable
  })
  return kept.length === Object.keys(row).length ? row : Object.fromEntries(kept)
}
