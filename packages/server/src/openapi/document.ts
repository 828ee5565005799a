import { readFileSync } from 'node:fs'

import type { Operation } from '../operation/operation.ts'
import { operations } from '../operations/index.ts'
import { answers, requests } from '../schema/registry.ts'
import { responsesOf } from './responses.ts'
import { namedSchemas, parametersOf, referenceTo } from './schemas.ts'

/** What a document depends on. */
export interface OpenApiOptions {
  /** True when callers need tokens. Default true. */
  readonly secured?: boolean | undefined
}

const about = `Enqueue, watch and steer pipelines. Times and lengths of time are milliseconds; times count from 1970.
Bodies are JSON. What is refused is answered with problem details (RFC 9457), whose \`code\` is the name of a page in docs/errors.`

/** The OpenAPI 3.1 document of the API, made from the schemas that requests are parsed by. */
export function openApiDocument({ secured = true }: OpenApiOptions = {}): object {
  const paths: Record<string, Record<string, object>> = {}
  for (const operation of operations) {
    const path = (paths[operation.path] ??= {})
    path[operation.method.toLowerCase()] = describe(operation, secured)
  }
  const schemas = { ...namedSchemas(requests, 'input'), ...namedSchemas(answers, 'output') }
  const token = { type: 'http', scheme: 'bearer', description: 'A token with the scopes named.' }
  return {
    openapi: '3.1.0',
    info: { title: 'Pipewright', version: version(), description: about },
    tags: [...new Set(operations.map(({ group }) => group))].map((name) => ({ name })),
    paths,
    components: { schemas, ...(secured && { securitySchemes: { token } }) },
  }
}

function describe(operation: Operation, secured: boolean): object {
  const { id, group, summary, description, scope, params, query, body } = operation
  return {
    operationId: id,
    tags: [group],
    summary,
    ...(description !== undefined && { description }),
    ...(secured && { security: scope === undefined ? [] : [{ token: [scope] }] }),
    parameters: [...parametersOf('path', params), ...parametersOf('query', query)],
    ...(body !== undefined && { requestBody: bodyOf(body) }),
    responses: responsesOf(operation, secured),
  }
}

function bodyOf(body: Operation['params']): object {
  const schema = referenceTo(requests, body)
  return { required: true, content: { 'application/json': { schema } } }
}

/** The version of this package. */
function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  // Our own package.json, shipped beside this folder: it has a version.
  return (JSON.parse(text) as { version: string }).version
}
