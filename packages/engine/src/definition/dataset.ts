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
   * one and need not fit memory together. `partitions`: values under ids, each loaded and made when it is asked for.
   */
  readonly layout: 'value' | 'table' | 'stream' | 'partitions'
  /** Of `partitions`: what one of them is. */
  readonly element?: Dataset
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
  const schema = z.custom<AsyncIterable<z.output<Row>>>(
    isAsyncIterable,
    'Expected an async iterable',
  )
  return Object.freeze({ name, schema, layout: 'stream', row })
}

/** Gives the value of one partition. A node calls those that it needs; those that it returns are called one after the other. */
export type Partition<Type> = () => Type | Promise<Type>

/** Partitions by id: `2015-06`, or `berlin/2015-06` for files in folders. */
export type Partitions<Type> = Readonly<Record<string, Partition<Type>>>

/**
 * Defines a dataset of many values of one kind under ids, such as a folder of files: `partitioned` or `incremental` in the
 * catalog. A node receives a function for each partition and loads what it needs; it returns functions too, and only one
 * partition at a time is in memory.
 *
 * @param element What one partition is; its name becomes the name of the whole.
 *
 * @example
 * const stations = partitioned(table('stations', Reading))
 * const daily = node({
 *   name: 'daily', inputs: { stations }, outputs: { means },
 *   async run({ stations }) {
 *     for (const [id, load] of Object.entries(stations)) add(id, await load())
 *     return { means: { berlin: () => meansOf('berlin') } }
 *   },
 * })
 */
export function partitioned<const Name extends string, Type>(
  element: Dataset<Name, Type>,
): Dataset<Name, Partitions<Type>> {
  const schema = z.custom<Partitions<Type>>(isRecord, 'Expected an object of partitions')
  return Object.freeze({ name: element.name, schema, layout: 'partitions', element })
}

function isRecord(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isAsyncIterable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value
}
