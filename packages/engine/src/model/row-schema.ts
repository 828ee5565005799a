import * as z from 'zod'

import type { Dataset } from '../definition/dataset.ts'

/** JSON Schema as far as we look into it. */
export type JsonSchema = Readonly<Record<string, unknown>>

/** JSON Schema of one row of a dataset, as JSON holds it; undefined when its values are not arrays. */
export function rowSchema(dataset: Dataset): JsonSchema | undefined {
  const schema: JsonSchema = z.toJSONSchema(dataset.schema, {
    // What is stored and sent: codecs and defaults before they are applied.
    io: 'input',
    unrepresentable: 'any',
    target: 'draft-2020-12',
  })
  if (schema['type'] !== 'array') return undefined
  const { items } = schema
  const definitions = isSchema(schema['$defs']) ? { $defs: schema['$defs'] } : {}
  return isSchema(items) ? { ...items, ...definitions } : {}
}

/** True for an object of a JSON Schema. */
export function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
