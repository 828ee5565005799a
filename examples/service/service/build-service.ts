import { InfrastructureError, PipewrightError } from '@pipewright/engine'
import type { Client } from '@pipewright/engine/client'
import { fastify, type FastifyInstance } from 'fastify'

// The type alone: none of the pipeline's code is in this service.
import type { daily } from '../pipelines/daily.ts'
import { Delivery } from './delivery.ts'
import { isSigned } from './signature.ts'

/** What the service works with. */
export interface ServiceParts {
  readonly client: Client
  /** Shared with the stations, which sign what they send. */
  readonly secret: string
}

/** A service that takes deliveries of stations and has them worked up by a pipeline. */
export function buildService({ client, secret }: ServiceParts): FastifyInstance {
  const app = fastify({ bodyLimit: 65_536 })
  // A signature is one of bytes.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) =>
    done(null, body),
  )

  app.post('/webhooks/readings', async (request, reply) => {
    const body = request.body instanceof Uint8Array ? request.body : new Uint8Array()
    if (!isSigned(body, request.headers['x-signature-256'], secret))
      return reply.code(401).send({ error: 'The signature is not that of the body.' })
    const { data: delivery, error } = Delivery.safeParse(parseJson(body))
    if (error !== undefined) return reply.code(400).send({ error: error.issues })
    const { id, station, day, measured } = delivery
    const run = await client.enqueue<typeof daily>('daily', {
      params: { summarise: { station, day }, measured: [...measured] },
      // A station that had no answer sends the delivery again: it becomes the same run.
      key: `delivery/${id}`,
      // Days of one station are worked up one after the other.
      concurrencyKey: station,
      tags: { station },
    })
    return reply.code(202).header('location', `/runs/${run.id}`).send({ run: run.id })
  })

  app.get<{ Params: { run: string } }>('/runs/:run', async ({ params }) => {
    const { id, status, createdAt, endedAt, error } = await client.runs.get(params.run)
    return { run: id, status, createdAt, endedAt, error }
  })

  app.setErrorHandler((error, _request, reply) => {
    const status = statusOf(error)
    if (status === 500) console.error(error)
    // What went wrong on this side is none of the station's business.
    const isTheirs = error instanceof Error && status < 500
    void reply.code(status).send({ error: isTheirs ? error.message : 'Try again later.' })
  })
  return app
}

function statusOf(error: unknown): number {
  if (!(error instanceof PipewrightError)) return fastifyStatus(error) ?? 500
  if (error.code === 'RUN_NOT_FOUND') return 404
  // The same delivery with other content.
  if (error.code === 'KEY_CONFLICT') return 409
  // Redis does not answer, or no worker has started yet: the station tries again, and the key makes that safe.
  return error instanceof InfrastructureError || error.code === 'UNKNOWN_PIPELINE' ? 503 : 422
}

function fastifyStatus(error: unknown): number | undefined {
  return error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : undefined
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'))
  } catch {
    return undefined
  }
}
