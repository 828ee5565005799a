import * as z from 'zod'

import type { Named } from '../schema/registry.ts'

type JsonSchema = Readonly<Record<string, unknown>>

const placeOf = (id: string): string => `#/components/schemas/${id}`

/** JSON Schemas of all schemas with a name; where one holds another it refers to it. */
export function namedSchemas(
  registry: Named,
  io: 'input' | 'output',
): Readonly<Record<string, JsonSchema>> {
  const { schemas } = z.toJSONSchema(registry, {
    io,
    uri: placeOf,
    unrepresentable: 'any',
    // What is answered may have more tomorrow, and readers should not mind.
    override: ({ jsonSchema }) => {
      if (io === 'output' && jsonSchema.additionalProperties === false)
        delete jsonSchema.additionalProperties
    },
  })
  return Object.fromEntries(
    Object.entries(schemas).map(([id, { $schema: _dialect, $id: _place, ...schema }]) => [
      id,
      schema,
    ]),
  )
}

/** A reference to a schema with a name. */
export function referenceTo(registry: Named, schema: z.ZodType): JsonSchema {
  const id = registry.get(schema)?.id
  if (id === undefined) throw new Error('a schema of a body has no name')
  return { $ref: placeOf(id) }
}

/** The parameters of a path or a query, one a member of their schema. */
export function parametersOf(place: 'path' | 'query', schema: z.ZodType): readonly object[] {
  const { properties = {}, required = [] } = z.toJSONSchema(schema, {
    io: 'output',
    unrepresentable: 'any',
  })
  return Object.entries(properties).map(([name, property]) => {
    // A strict object's members are objects, never `true` or `false`.
    const { description, ...rest } = property as JsonSchema
    // Left out of JSON where it is undefined.
    return {
      name,
      in: place,
      required: place === 'path' || required.includes(name),
      description,
      schema: rest,
    }
  })
}
