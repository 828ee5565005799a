import { isSchema, type JsonSchema } from './row-schema.ts'

/** A column as MLflow's signatures write it. */
export interface Column {
  readonly type: string
  readonly name?: string
  readonly required: boolean
}

const scalars: Readonly<Record<string, string>> = {
  string: 'string',
  integer: 'long',
  number: 'double',
  boolean: 'boolean',
}

/** pandas has no missing integers, and takes a missing truth for true: columns with gaps are of other types. */
const withGaps: Readonly<Record<string, string>> = { long: 'double', boolean: 'any' }

/**
 * The columns of an MLflow signature, from the JSON Schema of a row: one for each property of an object, or a single one
 * without a name for a scalar. Undefined for other rows, such as vectors: then MLflow declares nothing.
 *
 * Lists and objects in a row become `any`. MLflow's server takes a request by columns (`inputs`, `instances`) for a single
 * row as soon as one column of the signature is nested, and refuses a nested column that is missing in some rows; our own
 * contract checks them in any case.
 */
export function columnsOf(row: JsonSchema): readonly Column[] | undefined {
  const { properties } = row
  if (!isSchema(properties)) {
    const type = scalarOf(row)
    return type === undefined ? undefined : [{ type, required: true }]
  }
  const required = new Set(Array.isArray(row['required']) ? row['required'] : [])
  return Object.entries(properties).map(([name, property]) => {
    const { schema, isNullable } = withoutNull(isSchema(property) ? property : {})
    const isRequired = required.has(name) && !isNullable
    const type = scalarOf(schema) ?? 'any'
    return { type: isRequired ? type : (withGaps[type] ?? type), name, required: isRequired }
  })
}

function scalarOf(schema: JsonSchema): string | undefined {
  const { type } = schema
  if (typeof type === 'string') return scalars[type]
  const values = Array.isArray(schema['enum']) ? schema['enum'] : [schema['const']]
  return values.every((value) => typeof value === 'string') ? 'string' : undefined
}

/** `anyOf: [X, null]` and `type: [X, null]` are X that may be missing. */
function withoutNull(schema: JsonSchema): {
  readonly schema: JsonSchema
  readonly isNullable: boolean
} {
  const { type, anyOf } = schema
  const types: readonly unknown[] = Array.isArray(type) ? type : [type]
  if (types.includes('null')) {
    const others = types.filter((other) => other !== 'null')
    return {
      schema: { ...schema, type: others.length === 1 ? others[0] : undefined },
      isNullable: true,
    }
  }
  const alternatives = Array.isArray(anyOf) ? anyOf.filter(isSchema) : []
  const others = alternatives.filter((alternative) => alternative['type'] !== 'null')
  const [only] = others
  const isNullable = others.length < alternatives.length
  return { schema: isNullable && others.length === 1 && only ? only : schema, isNullable }
}
