import { isSchema, type JsonSchema } from './row-schema.ts'

/** A column, or the type of a value in one, as MLflow writes them. */
export type Column = Readonly<Record<string, unknown>>

const scalars: Readonly<Record<string, string>> = {
  string: 'string',
  integer: 'long',
  number: 'double',
  boolean: 'boolean',
}

/**
 * The columns of an MLflow signature, from the JSON Schema of a row: one for each property of an object, or a single one
 * without a name. Undefined when MLflow has no type for it; then nothing is declared, and our own contract decides alone.
 */
export function columnsOf(row: JsonSchema): readonly Column[] | undefined {
  const { properties } = row
  if (!isSchema(properties)) {
    const type = typeOf(row)
    return type === undefined ? undefined : [{ ...type, required: true }]
  }
  const required = new Set(Array.isArray(row['required']) ? row['required'] : [])
  return Object.entries(properties).map(([name, property]) => {
    const { schema, isNullable } = withoutNull(isSchema(property) ? property : {})
    const isRequired = required.has(name) && !isNullable
    const type = typeOf(schema)
    // Anything may be missing, in MLflow's understanding of it.
    if (type === undefined) return { type: 'any', name, required: false }
    // pandas has no missing integers: a column with a gap is one of floats.
    if (!isRequired && type['type'] === 'long') return { type: 'double', name, required: false }
    return { ...type, name, required: isRequired }
  })
}

function typeOf(schema: JsonSchema): Column | undefined {
  const { type, items, properties } = schema
  if (typeof type === 'string' && type in scalars) return { type: scalars[type] }
  if (type === undefined && enumIsOfStrings(schema)) return { type: 'string' }
  if (type === 'array') {
    const of = isSchema(items) ? typeOf(items) : undefined
    return of === undefined ? undefined : { type: 'array', items: of }
  }
  if (type === 'object' && isSchema(properties)) return objectType(properties, schema['required'])
  return undefined
}

function objectType(properties: JsonSchema, requiredNames: unknown): Column | undefined {
  const required = new Set(Array.isArray(requiredNames) ? requiredNames : [])
  const typed: Record<string, Column> = {}
  for (const [name, property] of Object.entries(properties)) {
    const { schema, isNullable } = withoutNull(isSchema(property) ? property : {})
    const type = typeOf(schema)
    if (type === undefined) return undefined
    typed[name] = { ...type, required: required.has(name) && !isNullable }
  }
  return Object.keys(typed).length === 0 ? undefined : { type: 'object', properties: typed }
}

function enumIsOfStrings(schema: JsonSchema): boolean {
  const values = Array.isArray(schema['enum']) ? schema['enum'] : [schema['const']]
  return values.every((value) => typeof value === 'string')
}

/** `anyOf: [X, null]` is X that may be missing. */
function withoutNull(schema: JsonSchema): {
  readonly schema: JsonSchema
  readonly isNullable: boolean
} {
  const alternatives = Array.isArray(schema['anyOf']) ? schema['anyOf'].filter(isSchema) : []
  const others = alternatives.filter(({ type }) => type !== 'null')
  const [only] = others
  if (others.length === alternatives.length || others.length !== 1 || only === undefined)
    return { schema, isNullable: schema['type'] === 'null' }
  return { schema: only, isNullable: true }
}
