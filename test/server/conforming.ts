import { openApiDocument } from '@pipewright/server'
import * as z from 'zod'

const Operation = z.object({
  responses: z.record(
    z.string(),
    z.object({
      content: z
        .record(z.string(), z.object({ schema: z.record(z.string(), z.unknown()) }))
        .default({}),
    }),
  ),
})
const Document = z.object({
  paths: z.record(z.string(), z.record(z.string(), Operation)),
  components: z.object({ schemas: z.record(z.string(), z.unknown()) }),
})

/** An answer as it came. */
export interface Answered {
  readonly method: string
  readonly path: string
  readonly status: number
  readonly type: string | undefined
  readonly text: string
}

const document = Document.parse(openApiDocument())
const schemas = new Map<string, z.ZodType>()

/** What of an answer is not as the OpenAPI document says; undefined when nothing is. */
export function nonconformity(answer: Answered): string | undefined {
  const { method, path, status, type, text } = answer
  const [template, methods = {}] = placeOf(path) ?? []
  const operation = methods[method.toLowerCase()]
  // Refusals of what is not in the document have the form of all others.
  if (operation === undefined) return problemOf({ $ref: '#/components/schemas/Problem' }, text)
  const response = operation.responses[String(status)]
  if (response === undefined) return `${method} ${template} does not tell of ${status}`
  const expected = Object.entries(response.content)[0]
  if (expected === undefined) return text === '' ? undefined : `${status} has a body`
  if (type?.split(';')[0] !== expected[0]) return `${type} in place of ${expected[0]}`
  return expected[0] === 'text/event-stream' ? undefined : problemOf(expected[1].schema, text)
}

function placeOf(path: string): [string, Record<string, z.output<typeof Operation>>] | undefined {
  const parts = path.split('?')[0]?.split('/') ?? []
  return Object.entries(document.paths).find(([template]) => {
    const places = template.split('/')
    return (
      places.length === parts.length &&
      places.every((place, at) => place === parts[at] || place.startsWith('{'))
    )
  })
}

function problemOf(reference: Readonly<Record<string, unknown>>, text: string): string | undefined {
  const key = JSON.stringify(reference)
  const schema = schemas.get(key) ?? read(key)
  schemas.set(key, schema)
  const { error } = schema.safeParse(JSON.parse(text))
  return error === undefined ? undefined : z.prettifyError(error)
}

/** With references as a schema of its own has them. */
function local(text: string): unknown {
  return JSON.parse(text.replaceAll('#/components/schemas/', '#/$defs/'))
}

function read(reference: string): z.ZodType {
  const $defs = local(JSON.stringify(document.components.schemas))
  return z.fromJSONSchema(Object.assign(Object(local(reference)), { $defs }))
}
