import * as z from 'zod'

import type { Dataset } from '../definition/dataset.ts'
import { DatasetError } from '../errors.ts'
import { changesValues } from './changes-values.ts'
import { describeIssues, type Issue } from './describe-issues.ts'
import type { RowBatches } from './driver.ts'
import type { Validation } from './entry.ts'
import { arePlain } from './plain-rows.ts'

/** Rows that are checked together: enough to make the call cheap, few enough to bound the list of what is wrong. */
const batchRows = 1000

/** Of a table, `sample` checks so many rows. */
const sampleRows = 2000

type Direction = 'save' | 'load'
type Result =
  | { readonly success: true; readonly data: unknown }
  | { readonly success: false; readonly error: { readonly issues: readonly Issue[] } }

/**
 * Checks a value that a node made, and gives it in the form that drivers write: codecs (`z.codec`) are encoded.
 *
 * @throws DatasetError `DATASET_INVALID`; `DATASET_SCHEMA_ONE_WAY` when the schema holds a transform that cannot be undone.
 */
export async function toStored(
  dataset: Dataset,
  value: unknown,
  validation: Validation = 'full',
): Promise<unknown> {
  return await check(dataset, value, 'save', undefined, validation)
}

/**
 * Checks a value that a driver read, and gives it in the form that nodes receive: codecs are decoded.
 *
 * @param where Path or address, for the message.
 * @throws DatasetError `DATASET_INVALID`
 */
export async function fromStored(
  dataset: Dataset,
  stored: unknown,
  where: string,
  validation: Validation = 'full',
): Promise<unknown> {
  return await check(dataset, stored, 'load', where, validation)
}

/**
 * The same for rows that come in batches. Of the ones after the first batch, `sample` checks one row each.
 *
 * @param dataset The table of the rows: its schema is an array's.
 * @param where Where they are read; undefined when they are saved.
 */
export async function* checkedRows(
  dataset: Dataset,
  batches: RowBatches,
  where: string | undefined,
  validation: Validation = 'full',
): RowBatches {
  const direction = where === undefined ? 'save' : 'load'
  const mode = changesValues(dataset.schema) ? 'full' : validation
  const element = rowSchema(dataset.schema)
  let row = 0
  for await (const batch of batches) {
    const checked =
      mode === 'full' ? batch : mode === 'off' ? [] : row === 0 ? batch : batch.slice(0, 1)
    if (element !== undefined && arePlain(element, checked)) yield batch
    else {
      const result = await apply(dataset, dataset.schema, checked, direction)
      if (!result.success) {
        const issues = result.error.issues.map((issue) => moved(issue, (index) => index + row))
        throw invalid(dataset, issues, direction, where)
      }
      // The schema is an array's, so its result is one.
      yield mode === 'full' ? (result.data as readonly unknown[]) : batch
    }
    row += batch.length
  }
}

async function check(
  dataset: Dataset,
  value: unknown,
  direction: Direction,
  where: string | undefined,
  validation: Validation,
): Promise<unknown> {
  const mode = changesValues(dataset.schema) ? 'full' : validation
  if (mode === 'off') return value
  if (mode === 'sample' && isLongTable(dataset, value))
    return await checkSample(dataset, value, direction, where)
  const row = rowSchema(dataset.schema)
  if (row !== undefined && Array.isArray(value)) {
    if (arePlain(row, value)) return value
    if (value.length > batchRows) return await checkInBatches(dataset, value, direction, where)
  }
  const result = await apply(dataset, dataset.schema, value, direction)
  if (result.success) return result.data
  throw invalid(dataset, result.error.issues, direction, where)
}

async function checkInBatches(
  dataset: Dataset,
  value: readonly unknown[],
  direction: Direction,
  where: string | undefined,
): Promise<readonly unknown[]> {
  const checked: unknown[] = []
  for (let start = 0; start < value.length; start += batchRows) {
    // In order, so that the first wrong row ends it and a table of wrong rows costs one batch.
    const rows = value.slice(start, start + batchRows)
    const result = await apply(dataset, dataset.schema, rows, direction)
    if (!result.success) {
      const issues = result.error.issues.map((issue) => moved(issue, (index) => index + start))
      throw invalid(dataset, issues, direction, where)
    }
    // The schema is an array's, so its result is one.
    for (const item of result.data as readonly unknown[]) checked.push(item)
  }
  return checked
}

function isLongTable({ schema }: Dataset, value: unknown): value is readonly unknown[] {
  return Array.isArray(value) && value.length > sampleRows && rowSchema(schema) !== undefined
}

/** Rows evenly spread over the table, its first and last among them. */
async function checkSample(
  dataset: Dataset,
  value: readonly unknown[],
  direction: Direction,
  where: string | undefined,
): Promise<unknown> {
  const step = (value.length - 1) / (sampleRows - 1)
  const place = (index: number): number => Math.round(index * step)
  const sample = Array.from({ length: sampleRows }, (_, index) => value[place(index)])
  const result = await apply(dataset, dataset.schema, sample, direction)
  if (result.success) return value
  throw invalid(
    dataset,
    result.error.issues.map((issue) => moved(issue, place)),
    direction,
    where,
  )
}

async function apply(
  dataset: Dataset,
  schema: z.ZodType,
  value: unknown,
  direction: Direction,
): Promise<Result> {
  try {
    return direction === 'save' ? z.safeEncode(schema, value) : z.safeDecode(schema, value)
  } catch (error) {
    // By name: a project may have its own copy of zod.
    const name = error instanceof Error ? error.constructor.name : ''
    if (name === '$ZodEncodeError') throw oneWay(dataset, error)
    if (name !== '$ZodAsyncError') throw error
  }
  return direction === 'save'
    ? await z.safeEncodeAsync(schema, value)
    : await z.safeDecodeAsync(schema, value)
}

/** The schema of one row, when the array as a whole has no rule of its own (`min`, `refine`), so that it can be cut. */
function rowSchema(schema: z.ZodType): z.core.$ZodType | undefined {
  if (!(schema instanceof z.ZodArray)) return undefined
  return (schema.def.checks ?? []).length === 0 ? schema.element : undefined
}

/** The issue of a row, told where the row is in the whole. */
function moved(issue: Issue, place: (index: number) => number): Issue {
  const [index, ...rest] = issue.path
  return { ...issue, path: typeof index === 'number' ? [place(index), ...rest] : issue.path }
}

function invalid(
  dataset: Dataset,
  issues: readonly Issue[],
  direction: Direction,
  where: string | undefined,
): DatasetError {
  const subject = where === undefined ? '' : ` from ${where}`
  const verb = direction === 'save' ? 'saved' : 'loaded'
  return new DatasetError(
    'DATASET_INVALID',
    `Dataset '${dataset.name}' cannot be ${verb}${subject}: ${describeIssues(issues)}.`,
    {
      dataset: dataset.name,
      hint:
        direction === 'save'
          ? 'Return a value that fits the dataset’s schema, or change the schema.'
          : 'Correct the stored data, or change the dataset’s schema.',
    },
  )
}

function oneWay(dataset: Dataset, cause: unknown): DatasetError {
  return new DatasetError(
    'DATASET_SCHEMA_ONE_WAY',
    `Dataset '${dataset.name}' cannot be saved: its schema holds a transform that has no way back.`,
    {
      dataset: dataset.name,
      hint: 'Use z.codec in place of .transform and z.preprocess in the schema of a dataset that a node makes.',
      cause,
    },
  )
}
