import { STATUS_CODES } from 'node:http'

import { InfrastructureError, PipelineError, PipewrightError, UsageError } from '@pipewright/engine'

import { HttpError, type Issue } from './http-error.ts'

/** What a refused or failed request is answered: problem details of RFC 9457, with the code of the error. */
export interface Problem {
  readonly title: string
  readonly status: number
  /** Stable, and the name of a page in docs/errors. */
  readonly code: string
  readonly detail: string
  /** What to do. */
  readonly hint?: string | undefined
  readonly issues?: readonly Issue[] | undefined
}

/** A problem and what goes with it. */
export interface ProblemAnswer {
  readonly problem: Problem
  readonly headers: Readonly<Record<string, string>>
}

const statusByCode: Readonly<Record<string, number>> = {
  RUN_NOT_FOUND: 404,
  UNKNOWN_PIPELINE: 404,
  UNKNOWN_SCHEDULE: 404,
  UNKNOWN_NODE: 404,
  KEY_CONFLICT: 409,
  RUN_NOT_ENDED: 409,
}

/** How an error is answered. What failed on this side is told to the log, not to the caller. */
export function problemOf(error: unknown): ProblemAnswer {
  const told = ofFastify(error) ?? error
  const status = statusOf(told)
  const title = STATUS_CODES[status] ?? 'Error'
  const headers = told instanceof HttpError ? told.headers : {}
  if (status >= 500 && !(told instanceof HttpError)) {
    const code = told instanceof PipewrightError ? told.code : 'INTERNAL'
    const detail =
      status === 503
        ? 'Redis or the store does not do its part just now.'
        : 'The server has failed.'
    const hint = status === 503 ? 'Try again, an enqueue with the same key.' : undefined
    return {
      problem: { title, status, code, detail, hint },
      headers: status === 503 ? { 'retry-after': '1' } : {},
    }
  }
  // Only errors of ours have a status below 500.
  const { code, message, hint } = told as PipewrightError
  const issues = told instanceof HttpError ? told.issues : undefined
  return { problem: { title, status, code, detail: message, hint, issues }, headers }
}

function statusOf(error: unknown): number {
  if (error instanceof HttpError) return error.status
  if (!(error instanceof PipewrightError)) return 500
  const known = statusByCode[error.code]
  if (known !== undefined) return known
  // A pipeline that a caller names, or a name that it gives.
  if (error instanceof UsageError || error instanceof PipelineError) return 422
  return error instanceof InfrastructureError ? 503 : 500
}

/** Fastify's own refusals, in our words; undefined for anything else. */
function ofFastify(error: unknown): HttpError | undefined {
  const { code, statusCode = 500 } = error as { code?: unknown; statusCode?: number }
  if (typeof code !== 'string' || !code.startsWith('FST_') || statusCode >= 500) return undefined
  if (statusCode === 413) {
    return new HttpError('BODY_TOO_LARGE', 413, 'The body of the request is too large.', {
      hint: 'server.maxBody of pipewright.yml is the limit. Large data belongs into the store: give its path as an input.',
    })
  }
  if (statusCode === 415) {
    return new HttpError('MEDIA_TYPE_UNSUPPORTED', 415, 'The body must be JSON.', {
      hint: 'Send it with the header "Content-Type: application/json".',
    })
  }
  return new HttpError('INVALID_REQUEST', 400, 'The request is no HTTP that can be used.', {
    issues: [{ at: 'request', problem: error instanceof Error ? error.message : code }],
  })
}
