import type { Client } from '@pipewright/engine/client'
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'

import type { Gate } from '../access/gate.ts'
import type { Caller } from '../access/tokens.ts'
import type { Streams } from '../events/streams.ts'
import type { ServerLog } from '../log.ts'
import { openApiDocument } from '../openapi/document.ts'
import { isStream, type Operation, type OperationContext } from '../operation/operation.ts'
import { operations } from '../operations/index.ts'
import { refuseElsewhere } from './elsewhere.ts'
import { problemOf } from './problem.ts'

/** What the routes need. */
export interface AppParts {
  readonly client: Client
  readonly log: ServerLog
  readonly gate: Gate
  readonly streams: Streams
  readonly maxBody: number
  /** True when callers need tokens. */
  readonly secured: boolean
}

/** Milliseconds in which a request must have come, with its body. */
const requestTimeout = 30_000
/** Of all headers with the address: a filter by many tags is long when it is escaped. */
const maxHeaderSize = 65_536
/** Longest name in a path, with its escapes undone. */
const maxParamLength = 500
/** Under which a request keeps whose it is. */
const callerKey = 'pipewrightCaller'

/** The HTTP server: a route for each operation. */
export function buildApp(parts: AppParts): FastifyInstance {
  const { client, streams, secured } = parts
  const app = fastify({
    bodyLimit: parts.maxBody,
    requestTimeout,
    http: { maxHeaderSize },
    routerOptions: { maxParamLength },
    // What comes over a connection that is open already is still answered while the server closes.
    return503OnClosing: false,
    frameworkErrors: (error, request, reply) => refuse(parts, error, request, reply),
  })
  // Bodies stay bytes until an operation reads its own, after its caller was let in.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  app.addHook('onSend', async (_request, reply) => {
    void reply.headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
  })
  refuseElsewhere(app, operations)
  app.decorateRequest(callerKey, null)
  const context = { client, streams, document: openApiDocument({ secured }) }
  for (const operation of operations) addRoute(app, operation, parts, context)
  app.setErrorHandler((error, request, reply) => refuse(parts, error, request, reply))
  endConnections(app, streams)
  return app
}

function addRoute(
  app: FastifyInstance,
  operation: Operation,
  { gate, log }: AppParts,
  context: OperationContext,
): void {
  app.route({
    method: operation.method,
    url: operation.path.replaceAll(/\{(\w+)\}/g, ':$1'),
    exposeHeadRoute: operation.method === 'GET' && !isStream(operation),
    async onRequest(request) {
      const { host, origin, authorization } = request.headers
      const caller = gate.admit(
        { host, origin, authorization, address: request.ip },
        operation.scope,
      )
      request.setDecorator<Caller>(callerKey, caller)
    },
    async handler(request, reply) {
      const caller = request.getDecorator<Caller>(callerKey)
      const answer = await operation.respond(
        {
          params: request.params,
          query: request.query,
          body: request.body instanceof Uint8Array ? request.body : undefined,
          contentType: request.headers['content-type'],
          lastEventId: only(request.headers['last-event-id']),
          caller,
          signal: goneSignal(reply),
        },
        context,
      )
      if (operation.method !== 'GET') {
        const { name } = caller
        const path = request.url.split('?')[0]
        log.info({ caller: name, path, status: answer.status }, operation.id)
      }
      void reply.code(answer.status).headers(answer.headers ?? {})
      if (answer.stream !== undefined) return reply.send(answer.stream)
      if (answer.body === undefined) return reply.send()
      return reply.type('application/json').send(JSON.stringify(answer.body))
    },
  })
}

/** Aborted when the answer is sent or its receiver has gone. */
function goneSignal(reply: FastifyReply): AbortSignal {
  const controller = new AbortController()
  reply.raw.once('close', () => controller.abort())
  return controller.signal
}

function refuse(
  { log }: AppParts,
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const { problem, headers } = problemOf(error)
  const { status, code } = problem
  const fields = { status, code, method: request.method, path: request.url.split('?')[0] }
  if (status >= 500) log.error({ ...fields, err: error }, messageOf(error))
  else if ([401, 403, 421, 429].includes(status))
    log.warn({ ...fields, address: request.ip }, problem.detail)
  void reply
    .code(status)
    .headers(headers)
    .type('application/problem+json')
    .send(JSON.stringify(problem))
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function only(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : value?.[0]
}

/** A connection that is busy when the server closes would be kept for the next request, and a stream for ever. */
function endConnections(app: FastifyInstance, streams: Streams): void {
  let isClosing = false
  app.addHook('preClose', async () => {
    isClosing = true
    streams.close()
  })
  app.addHook('onSend', async (_request, reply) => {
    if (isClosing) void reply.header('connection', 'close')
  })
}
