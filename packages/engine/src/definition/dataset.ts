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
  /** `table`: an array of rows, validated row by row, with `schema` describing one row's array. */
  readonly layout: 'value' | 'table'
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
  return Object.freeze({ name, schema: z.array(row), layout: 'table' })
}
