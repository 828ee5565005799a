import * as z from 'zod'

import type { CellKind } from '../protocol/read-csv.ts'

/** What one row of a model is, read from the JSON Schema of its contract. */
export interface RowShape {
  /** Fields of a row; undefined when a row is a single value. */
  readonly fields: ReadonlyMap<string, FieldShape> | undefined
}

interface FieldShape {
  readonly kind: CellKind
  readonly nullable: boolean
  readonly required: boolean
}

interface Schema {
  readonly type?: string | readonly string[] | undefined
  readonly properties?: Readonly<Record<string, Schema>> | undefined
  readonly required?: readonly string[] | undefined
  readonly anyOf?: readonly Schema[] | undefined
  readonly oneOf?: readonly Schema[] | undefined
  readonly $ref?: string | undefined
  readonly const?: unknown
  readonly enum?: readonly unknown[] | undefined
}

const Schema: z.ZodType<Schema> = z.object({
  type: z.union([z.string(), z.array(z.string())]).optional(),
  get properties() {
    return z.record(z.string(), Schema).optional()
  },
  required: z.array(z.string()).optional(),
  get anyOf() {
    return z.array(Schema).optional()
  },
  get oneOf() {
    return z.array(Schema).optional()
  },
  $ref: z.string().optional(),
  const: z.unknown().optional(),
  enum: z.array(z.unknown()).optional(),
})

/** Reads the JSON Schema of a row. What it does not say is left to the contract itself. */
export function rowShape(jsonSchema: unknown): RowShape {
  const schema = Schema.safeParse(jsonSchema).data ?? {}
  if (schema.properties === undefined) return { fields: undefined }
  const required = new Set(schema.required)
  return {
    fields: new Map(
      Object.entries(schema.properties).map(([name, property]) => [
        name,
        fieldShape(property, required.has(name)),
      ]),
    ),
  }
}

function fieldShape(schema: Schema, required: boolean): FieldShape {
  const types = new Set(typesOf(schema))
  const nullable = types.delete('null')
  // A schema of anything takes null as well.
  const isAnything = types.size === 0 && schema.$ref === undefined
  return { kind: kindOf(types), nullable: nullable || isAnything, required }
}

function typesOf(schema: Schema): readonly string[] {
  const { type, const: constant, enum: values } = schema
  if (type !== undefined) return typeof type === 'string' ? [type] : type
  const alternatives = schema.anyOf ?? schema.oneOf
  if (alternatives !== undefined) return alternatives.flatMap(typesOf)
  return [...(values ?? []), ...(constant === undefined ? [] : [constant])].map((value) =>
    value === null ? 'null' : typeof value,
  )
}

function kindOf(types: ReadonlySet<string>): CellKind {
  if (types.has('object') || types.has('array')) return 'json'
  if (types.has('string')) return 'string'
  if (types.has('number') || types.has('integer')) return 'number'
  return types.has('boolean') ? 'boolean' : undefined
}
