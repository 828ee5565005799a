import * as z from 'zod'

import { assertName } from './name.ts'

/**
 * A named, typed value that nodes pass to each other. Where it lies is the catalog's business.
 * `Type` is what a node receives: the output type of the schema.
 */
export interface Dataset<Name extends string = string, Type = unknown> {
  readonly name: Name
  /** What a loaded or saved value must look like. */
  readonly schema: z.ZodType<Type>
  /**
   * `table`: an array of rows, validated row by row, with `schema` describing one row's array. `stream`: rows that come one by
   * one and need not fit memory together.
   */
  readonly layout: 'value' | 'table' | 'stream'
  /** What one row of a table or a stream must look like. */
  readonly row?: z.ZodType
  /** Format in which it is kept, whatever the catalog says. Default: the catalog's, else by the value. */
  readonly format?: 'model'
}

/** The TypeScript type of a dataset's value: `Value<typeof days>`. */
export type Value<D extends Dataset> = D extends Dataset<string, infer Type> ? Type : never

/**
 * Defines a dataset.
 *
 * @param name Unique in a pipeline: letters, digits, `_`, `-` and `.`.
 * @param schema A zod schema. Outputs are checked against it before they are saved, inputs after they are loaded.
 * @throws PipelineError `INVALID_NAME`
 *
 * @example
 * export const model = dataset('model', z.object({ weights: z.array(z.number()) }))
 */
export function dataset<const Name extends string, Schema extends z.ZodType>(
  name: Name,
  schema: Schema,
): Dataset<Name, z.output<Schema>> {
  assertName('dataset', name)
  return Object.freeze({ name, schema: schema as z.ZodType<z.output<Schema>>, layout: 'value' })
}

/**
 * Defines a dataset that is a table: an array of rows of one schema. Tables are validated in batches of rows and
 * summarised by row count and columns in MLflow.
 *
 * @example
 * export const days = table('days', z.object({ date: z.string(), wind: z.number() }))
 */
export function table<const Name extends string, Row extends z.ZodType>(
  name: Name,
  row: Row,
): Dataset<Name, z.output<Row>[]> {
  assertName('dataset', name)
  return Object.freeze({ name, schema: z.array(row), layout: 'table', row })
}

/**
 * Defines a dataset of rows that need not fit memory together: a node receives an async iterable of them, which it may walk
 * more than once, and returns one, such as an async generator. It lies in `csv`, `ndjson` or `parquet`; without an entry in the
 * catalog it is ndjson. A table and a stream of one name and one row schema are the same dataset, read in two ways.
 *
 * The rows that a node returns are made while they are saved, after `run` itself has returned.
 *
 * @example
 * export const events = stream('events', Event)
 * export const clean = node({
 *   name: 'clean', inputs: { raw }, outputs: { events },
 *   run: ({ raw }) => ({ events: cleaned(raw) }),
 * })
 * async function* cleaned(rows: AsyncIterable<Raw>) { for await (const row of rows) if (row.ok) yield toEvent(row) }
 */
export function stream<const Name extends string, Row extends z.ZodType>(
  name: Name,
  row: Row,
): Dataset<Name, AsyncIterable<z.output<Row>>> {
  assertName('dataset', name)
  const schema = z.custom<AsyncIterable<z.output<Row>>>(isAsyncIterable, 'Expected an async iterable')
  return Object.freeze({ name, schema, layout: 'stream', row })
}

function isAsyncIterable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value
}
