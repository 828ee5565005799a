import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'

import { json, text } from '../protocol/scoring-answer.ts'
import type { Router } from '../traffic/router.ts'
import type { ServingMetrics } from './metrics.ts'
import type { SlotStatus } from './status.ts'

/** What the routes need. */
export interface AppParts {
  readonly router: Router
  readonly metrics: ServingMetrics
  readonly status: () => readonly SlotStatus[]
  /** Header that holds the key of a request. */
  readonly keyHeader: string
  /** Largest body, in bytes. */
  readonly maxBody: number
}

/** The version of MLflow whose protocol this is, which clients ask for. */
const mlflowVersion = '3.17.2'
const empty = new Uint8Array()

/** The HTTP server: MLflow's scoring protocol, and metrics and status of our own. */
export function buildApp(parts: AppParts): FastifyInstance {
  const app = fastify({
    bodyLimit: parts.maxBody,
    // What comes over a connection that is open already is still answered while the server closes.
    return503OnClosing: false,
    exposeHeadRoutes: false,
  })
  // Bodies stay bytes here: the threads that know the model read them.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))

  app.post('/invocations', async (request, reply) => invoke(parts, request, reply))
  for (const path of ['/ping', '/health']) {
    app.get(path, async (_request, reply) => {
      const isHealthy = parts.status()[0]?.healthy ?? false
      return reply
        .code(isHealthy ? 200 : 404)
        .header('content-type', json)
        .send('\n')
    })
  }
  app.get('/version', async (_request, reply) =>
    reply.header('content-type', json).send(mlflowVersion),
  )
  app.get('/metrics', async (_request, reply) =>
    reply.header('content-type', parts.metrics.contentType).send(await parts.metrics.text()),
  )
  app.get('/status', async () => ({ slots: parts.status() }))
  answerLikeMlflow(app, parts)
  endConnections(app)
  return app
}

/** A connection that is busy when the server closes would be kept for the next request, and the server would wait for it. */
function endConnections(app: FastifyInstance): void {
  let isClosing = false
  app.addHook('preClose', async () => {
    isClosing = true
  })
  app.addHook('onSend', async (_request, reply) => {
    if (isClosing) void reply.header('connection', 'close')
  })
}

async function invoke(
  { router, metrics, keyHeader }: AppParts,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const contentType = request.headers['content-type'] ?? ''
  const body = request.body instanceof Uint8Array ? request.body : empty
  const key = request.headers[keyHeader]
  const { answer, slot, model } = await router.answer(
    { contentType, body },
    Array.isArray(key) ? key[0] : key,
  )
  metrics.onResponse(answer.status)
  return (
    reply
      .code(answer.status)
      .header('content-type', answer.contentType)
      // Names may hold what headers may not.
      .header('x-pipewright-model', encodeURI(model))
      .header('x-pipewright-slot', encodeURI(slot.name))
      .send(asBuffer(answer.body))
  )
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** Unknown paths and methods, and bodies that cannot be taken, in the words of MLflow's server. */
function answerLikeMlflow(app: FastifyInstance, { metrics }: AppParts): void {
  const methods = new Map([
    ['/invocations', 'POST'],
    ...['/ping', '/health', '/version', '/metrics', '/status'].map(
      (path) => [path, 'GET'] as const,
    ),
  ])
  app.setNotFoundHandler(async (request, reply) => {
    const allowed = methods.get(request.url.split('?')[0] ?? '')
    if (allowed === undefined) return reply.code(404).send({ detail: 'Not Found' })
    return reply.code(405).header('allow', allowed).send({ detail: 'Method Not Allowed' })
  })
  app.setErrorHandler(async (error: Error & { readonly statusCode?: number }, _request, reply) => {
    const status = error.statusCode ?? 500
    metrics.onResponse(status)
    return reply.code(status).header('content-type', text).send(error.message)
  })
}
