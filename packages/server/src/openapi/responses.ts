import { STATUS_CODES } from 'node:http'

import type { AnswerDescription, Operation } from '../operation/operation.ts'
import { Problem } from '../schema/problem.ts'
import { answers } from '../schema/registry.ts'
import { parametersOf, referenceTo } from './schemas.ts'

/** How an operation may be answered, by status. */
export function responsesOf(
  operation: Operation,
  secured: boolean,
): Readonly<Record<string, object>> {
  const good = Object.entries(operation.answers).map(
    ([status, answer]) => [status, answered(answer)] as const,
  )
  const bad = refusalsOf(operation, secured).map(
    (status) => [String(status), refused(status)] as const,
  )
  return Object.fromEntries([...good, ...bad])
}

function refusalsOf(
  { refusals = [], body, params, scope }: Operation,
  secured: boolean,
): readonly number[] {
  const own = [
    400,
    // A name in the path that could be none leads nowhere.
    ...(parametersOf('path', params).length > 0 ? [404] : []),
    ...(secured && scope !== undefined ? [401] : []),
    // Also for pages of other sites, where no tokens are needed.
    ...(scope === undefined ? [] : [403, 421]),
    ...(body === undefined ? [] : [413, 415]),
    ...refusals,
    429,
    503,
  ]
  return [...new Set(own)].toSorted((a, b) => a - b)
}

function answered({ description, schema, mediaType, headers }: AnswerDescription): object {
  const written = schema && writtenAs(mediaType, referenceTo(answers, schema))
  const content = { [mediaType ?? 'application/json']: { schema: written } }
  return {
    description,
    ...(written !== undefined && { content }),
    ...(headers !== undefined && { headers: headersOf(headers) }),
  }
}

/** Of a stream the schema is that of one event, as readers of server-sent events have it. */
function writtenAs(mediaType: string | undefined, schema: object): object {
  if (mediaType !== 'text/event-stream') return schema
  const text = { type: 'string' }
  const data = { ...text, contentMediaType: 'application/json', contentSchema: schema }
  return { type: 'object', properties: { id: text, event: text, data } }
}

function headersOf(headers: Readonly<Record<string, string>>): object {
  return Object.fromEntries(
    Object.entries(headers).map(([name, description]) => [
      name,
      { description, schema: { type: 'string' } },
    ]),
  )
}

function refused(status: number): object {
  return {
    description: STATUS_CODES[status] ?? 'Refused',
    content: { 'application/problem+json': { schema: referenceTo(answers, Problem) } },
  }
}
