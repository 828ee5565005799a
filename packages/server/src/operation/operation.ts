import type { Readable } from 'node:stream'

import type { Client } from '@pipewright/engine/client'
import type { ServerScope } from '@pipewright/engine/internal'
import * as z from 'zod'

import type { Caller } from '../access/tokens.ts'
import type { Streams } from '../events/streams.ts'
import { HttpError, type Issue } from '../http/http-error.ts'
import { readJson } from '../http/json-body.ts'

/** What operations work with. */
export interface OperationContext {
  readonly client: Client
  readonly streams: Streams
  /** The OpenAPI document of this server. */
  readonly document: object
}

/** A request as it came, from a caller who may send it. */
export interface Asked {
  readonly params: unknown
  readonly query: unknown
  readonly body: Uint8Array | undefined
  readonly contentType: string | undefined
  readonly lastEventId: string | undefined
  readonly caller: Caller
  /** Aborted when the caller has gone. */
  readonly signal: AbortSignal
}

/** How it is answered. */
export interface Reply {
  readonly status: number
  /** Sent as JSON. */
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as it comes, in place of a body. */
  readonly stream?: Readable
}

/** An answer of an operation that goes well, for the document. */
export interface AnswerDescription {
  readonly description: string
  /** One that is registered. Undefined for an answer without a body. */
  readonly schema?: z.ZodType | undefined
  /** Default `application/json`. */
  readonly mediaType?: string | undefined
  /** Names and descriptions of headers. */
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/** What is said of an operation; from this the routes are made, and the document. */
export interface OperationDescription {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** With `{name}` for each param. */
  readonly path: string
  /** In camelCase: what generated clients call it. */
  readonly id: string
  readonly group: 'runs' | 'pipelines' | 'schedules' | 'workers' | 'server'
  readonly summary: string
  readonly description?: string | undefined
  /** What a token must have; undefined when none is needed. */
  readonly scope: ServerScope | undefined
  readonly answers: Readonly<Record<number, AnswerDescription>>
  /** Statuses of refusals that are its own. */
  readonly refusals?: readonly (404 | 409 | 422)[] | undefined
}

/** An operation of the API. */
export interface Operation extends OperationDescription {
  readonly params: z.ZodType
  readonly query: z.ZodType
  /** Undefined for one that reads no body. */
  readonly body: z.ZodType | undefined
  /** @throws HttpError and what the client throws */
  respond(asked: Asked, context: OperationContext): Promise<Reply>
}

/** An operation as it is written: its schemas give the types of what `handle` gets. */
interface OperationSource<
  Params extends z.ZodType,
  Query extends z.ZodType,
  Body extends z.ZodType,
> extends OperationDescription {
  readonly params?: Params
  readonly query?: Query
  readonly body?: Body
  readonly handle: (
    asked: Pick<Asked, 'caller' | 'lastEventId' | 'signal'> & {
      readonly params: z.output<Params>
      readonly query: z.output<Query>
      readonly body: z.output<Body>
    },
    context: OperationContext,
  ) => Promise<Reply>
}

/** True for one that is answered by events as they come. */
export function isStream({ answers }: OperationDescription): boolean {
  return Object.values(answers).some(({ mediaType }) => mediaType === 'text/event-stream')
}

const none: z.ZodType<Readonly<Record<string, never>>> = z.strictObject({})

/** Makes an operation that parses what it is sent before anything is done. */
export function operation<
  Params extends z.ZodType = typeof none,
  Query extends z.ZodType = typeof none,
  Body extends z.ZodType = z.ZodUndefined,
>(source: OperationSource<Params, Query, Body>): Operation {
  const { params = none, query = none, body, handle, ...description } = source
  return {
    ...description,
    params,
    query,
    body,
    async respond(asked, context) {
      const { caller, lastEventId, signal } = asked
      const given = {
        params: place(params, asked.params),
        query: checked('query', query, asked.query),
        body:
          body === undefined
            ? undefined
            : checked('body', body, readJson(asked.body, asked.contentType)),
      }
      // Parsed by the very schemas that give the types.
      return handle(
        { ...(given as Parsed<Params, Query, Body>), caller, lastEventId, signal },
        context,
      )
    },
  }
}

interface Parsed<Params extends z.ZodType, Query extends z.ZodType, Body extends z.ZodType> {
  readonly params: z.output<Params>
  readonly query: z.output<Query>
  readonly body: z.output<Body>
}

/** @throws HttpError `INVALID_REQUEST` */
function checked(what: 'query' | 'body', schema: z.ZodType, given: unknown): unknown {
  const { data, error } = schema.safeParse(given)
  if (error === undefined) return data
  throw new HttpError('INVALID_REQUEST', 400, `The ${what} of the request cannot be used.`, {
    issues: issuesOf(what, error),
    hint: 'The OpenAPI document of this server, /openapi.json, says what it takes.',
  })
}

/** @throws HttpError `ROUTE_NOT_FOUND`: what could be no name leads nowhere. */
function place(schema: z.ZodType, given: unknown): unknown {
  const { data, error } = schema.safeParse(given)
  if (error === undefined) return data
  throw new HttpError('ROUTE_NOT_FOUND', 404, 'There is nothing at this path.', {
    issues: issuesOf('path', error),
  })
}

const mostIssues = 20

function issuesOf(what: string, error: z.ZodError): readonly Issue[] {
  return error.issues
    .slice(0, mostIssues)
    .map(({ path, message }) => ({ at: [what, ...path.map(String)].join('.'), problem: message }))
}
