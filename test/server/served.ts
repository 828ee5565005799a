import { once } from 'node:events'
import { request as send, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'

import type { Pipeline } from '@pipewright/engine'
import { startServer, type ServerInput } from '@pipewright/server'
import { expect, onTestFinished } from 'vitest'
import * as z from 'zod'

import { workbench, type Workbench } from '../support/workbench.ts'
import { nonconformity } from './conforming.ts'

/** Tokens of the tests, by their scopes. */
export const tokens = {
  read: 'read-token-of-the-tests',
  run: 'run-token-of-the-tests',
  admin: 'admin-token-of-the-tests',
  all: 'all-scopes-token-of-the-tests',
} as const

/** What a request has beside method and path. */
export interface AskOptions {
  /** Undefined for none. Default: the one with all scopes. */
  readonly token?: string | undefined
  /** Sent as JSON; text as it is. */
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** What tests take out of bodies; they look at the rest with matchers. */
const Body = z.looseObject({
  id: z.string().optional(),
  code: z.string().optional(),
  cursor: z.string().optional(),
  runs: z.array(z.looseObject({ key: z.string().optional() })).optional(),
})

/** An answer. */
export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** Empty where there is none. */
  readonly body: z.output<typeof Body>
  /** The id in the body; empty where there is none. */
  readonly id: string
}

/** A server of one test with a ledger of its own. */
export interface Served {
  readonly bench: Workbench
  readonly url: string
  readonly log: readonly Readonly<Record<string, unknown>>[]
  /** Asks, and sees to it that the answer is as the OpenAPI document says. */
  readonly ask: (method: string, path: string, options?: AskOptions) => Promise<Answer>
  /** Asks, and gives the answer as it comes. */
  readonly open: (path: string, options?: AskOptions) => Promise<IncomingMessage>
  /** Every key of the ledger with its content. */
  readonly content: () => Promise<ReadonlyMap<string, string>>
  readonly close: () => Promise<void>
}

/** Starts a server with tokens. Workers of the bench publish the pipelines. */
export async function served(
  pipelines: readonly Pipeline[] = [],
  settings: ServerInput = {},
): Promise<Served> {
  const bench = await workbench({ pipelines, configured: {} })
  const log: Record<string, unknown>[] = []
  const note = (fields: object, message: string): void => void log.push({ ...fields, message })
  const server = await startServer({
    client: bench.client,
    port: 0,
    tokens: {
      reader: { scopes: ['read'], env: 'READ' },
      runner: { scopes: ['run'], env: 'RUN' },
      keeper: { scopes: ['admin'], env: 'ADMIN' },
      all: { scopes: ['read', 'run', 'admin'], env: 'ALL' },
    },
    environment: { READ: tokens.read, RUN: tokens.run, ADMIN: tokens.admin, ALL: tokens.all },
    log: { info: note, warn: note, error: note },
    ...settings,
  })
  onTestFinished(() => server.close())
  return {
    bench,
    url: server.url,
    log,
    ask: (method, path, options) => ask(server.url, method, path, options),
    open: (path, options) => open(server.url, 'GET', path, options),
    content: () => contentOf(bench),
    close: () => server.close(),
  }
}

async function ask(
  url: string,
  method: string,
  path: string,
  options: AskOptions = {},
): Promise<Answer> {
  const message = await open(url, method, path, options)
  const text = (await message.toArray()).join('')
  const { statusCode: status = 0, headers } = message
  const type = headers['content-type']
  if (method !== 'HEAD') expect(nonconformity({ method, path, status, type, text })).toBeUndefined()
  const body = Body.parse(text === '' ? {} : JSON.parse(text))
  return { status, headers, body, id: body.id ?? '' }
}

async function open(
  url: string,
  method: string,
  path: string,
  options: AskOptions = {},
): Promise<IncomingMessage> {
  const { body, headers = {} } = options
  const token = 'token' in options ? options.token : tokens.all
  const sent = send(new URL(path, url), {
    method,
    agent: false,
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
  })
  const answered = once(sent, 'response')
  sent.end(body === undefined || typeof body === 'string' ? body : JSON.stringify(body))
  // The one thing that the event brings.
  const [message] = (await answered) as [IncomingMessage]
  return message
}

async function contentOf({ redis, prefix }: Workbench): Promise<ReadonlyMap<string, string>> {
  const names = await redis.keys(`${prefix}*`)
  const dumps = await Promise.all(names.toSorted().map((name) => redis.dumpBuffer(name)))
  return new Map(names.toSorted().map((name, at) => [name, dumps[at]?.toString('hex') ?? '']))
}
