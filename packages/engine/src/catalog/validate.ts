import * as z from 'zod'

import type { Dataset } from '../definition/dataset.ts'
import { DatasetError } from '../errors.ts'
import { describeIssues, type Issue } from './describe-issues.ts'

/** Rows that are checked together: enough to make the call cheap, few enough to bound the list of what is wrong. */
const batchRows = 1000

type Direction = 'save' | 'load'
type Result =
  | { readonly success: true; readonly data: unknown }
  | { readonly success: false; readonly error: { readonly issues: readonly Issue[] } }

/**
 * Checks a value that a node made, and gives it in the form that drivers write: codecs (`z.codec`) are encoded.
 *
 * @throws DatasetError `DATASET_INVALID`; `DATASET_SCHEMA_ONE_WAY` when the schema holds a transform that cannot be undone.
 */
export async function toStored(dataset: Dataset, value: unknown): Promise<unknown> {
  return await check(dataset, value, 'save', undefined)
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
): Promise<unknown> {
  return await check(dataset, stored, 'load', where)
}

async function check(
  dataset: Dataset,
  value: unknown,
  direction: Direction,
  where: string | undefined,
): Promise<unknown> {
  const row = rowSchema(dataset.schema)
  if (row === undefined || !Array.isArray(value) || value.length <= batchRows) {
    const result = await apply(dataset, dataset.schema, value, direction)
    if (result.success) return result.data
    throw invalid(dataset, result.error.issues, direction, where)
  }
  const checked: unknown[] = []
  for (let start = 0; start < value.length; start += batchRows) {
    // In order, so that the first wrong row ends it and a table of wrong rows costs one batch.
    // oxlint-disable-next-line no-await-in-loop
    const result = await apply(
      dataset,
      dataset.schema,
      value.slice(start, start + batchRows),
      direction,
    )
    if (!result.success) {
      const issues = result.error.issues.map((issue) => shifted(issue, start))
      throw invalid(dataset, issues, direction, where)
    }
    // The schema is an array's, so its result is one.
    for (const item of result.data as readonly unknown[]) checked.push(item)
  }
  return checked
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

function shifted(issue: Issue, by: number): Issue {
  const [index, ...rest] = issue.path
  return { ...issue, path: typeof index === 'number' ? [index + by, ...rest] : issue.path }
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
