import * as z from 'zod'

/** Schemas that the OpenAPI document shows under their names. */
export type Named = z.core.$ZodRegistry<{ id: string }>

/** Of what is sent: the document shows what may be left out, and that nothing else is taken. */
export const requests: Named = z.registry<{ id: string }>()

/** Of what is answered. */
export const answers: Named = z.registry<{ id: string }>()

/** Names a schema of requests. */
export function request<Schema extends z.ZodType>(id: string, schema: Schema): Schema {
  requests.add(schema, { id })
  return schema
}

/** Names a schema of answers. */
export function answer<Schema extends z.ZodType>(id: string, schema: Schema): Schema {
  answers.add(schema, { id })
  return schema
}
