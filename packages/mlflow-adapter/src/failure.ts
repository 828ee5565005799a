import { InfrastructureError, type PipewrightError } from '@pipewright/engine'
import * as z from 'zod'

/** What an answer of MLflow, or its absence, means for the call. */
export interface FailureFacts {
  /** Another try may succeed: the call is repeated until it does. */
  readonly retryable: boolean
  /** MLflow may have done what was asked, so a creation must look before it tries again. */
  readonly ambiguous: boolean
  /** HTTP status, undefined when there was no answer. */
  readonly status?: number | undefined
  /** Milliseconds that the server asks to be left alone. */
  readonly retryAfter?: number | undefined
}

/** A call to MLflow failed. */
export class MlflowError extends InfrastructureError {
  readonly retryable: boolean
  readonly ambiguous: boolean
  readonly status: number | undefined
  readonly retryAfter: number | undefined

  constructor(
    code: string,
    message: string,
    details: FailureFacts & { readonly hint?: string; readonly cause?: unknown },
  ) {
    super(code, message, details)
    this.name = 'MlflowError'
    this.retryable = details.retryable
    this.ambiguous = details.ambiguous
    this.status = details.status
    this.retryAfter = details.retryAfter
  }
}

/** The adapter is stopping or has lost its lease; what it was doing is done again by the next one. */
export class RecordingStopped extends Error {
  constructor() {
    super('The adapter no longer records.')
    this.name = 'RecordingStopped'
  }
}

const Answer = z.object({ error_code: z.string(), message: z.string().default('') })

/** These come as 400 though the fault is the server's; it may have written before it failed. */
const transient = /QueuePool|database is locked|OperationalError/
const artifactsOff = /serve-artifacts/

/**
 * Classifies an HTTP answer that is not 2xx.
 *
 * @param what The call, such as `POST runs/create`. @param retryAfter Its header of that name, if any.
 */
export function refusal(
  what: string,
  status: number,
  body: string,
  retryAfter?: string,
): MlflowError {
  const answer = parseAnswer(body)
  const said =
    answer === undefined ? excerpt(body) : `${answer.error_code}: ${excerpt(answer.message)}`
  const message = `MLflow answered ${what} with ${status}: ${said}`
  if (status === 401 || status === 403)
    return new MlflowError('MLFLOW_DENIED', message, {
      retryable: true,
      ambiguous: false,
      status,
      hint: 'Check MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD or MLFLOW_TRACKING_TOKEN, and the server’s --allowed-hosts. Recording goes on by itself.',
    })
  if (status === 404 && answer === undefined)
    return new MlflowError('MLFLOW_NOT_FOUND', message, {
      retryable: true,
      ambiguous: false,
      status,
      hint: 'No MLflow REST API answers at this address. Check MLFLOW_TRACKING_URI.',
    })
  if (isTransient(status, body))
    return new MlflowError('MLFLOW_BUSY', message, {
      retryable: true,
      ambiguous: status !== 408 && status !== 429,
      status,
      retryAfter: milliseconds(retryAfter),
    })
  return new MlflowError('MLFLOW_REFUSED', message, {
    retryable: false,
    ambiguous: false,
    status,
    hint: 'MLflow will not accept this request. The event is kept as a dead letter.',
  })
}

/** Of a Retry-After header: seconds, or a date. */
function milliseconds(retryAfter: string | undefined): number | undefined {
  if (retryAfter === undefined) return undefined
  const ms = /^\d+$/.test(retryAfter)
    ? Number(retryAfter) * 1000
    : Date.parse(retryAfter) - Date.now()
  return Number.isFinite(ms) && ms > 0 ? ms : undefined
}

function isTransient(status: number, body: string): boolean {
  if (status === 400) return transient.test(body)
  return (status === 408 || status === 429 || status >= 500) && !artifactsOff.test(body)
}

/** Classifies a call that got no answer. */
export function noAnswer(what: string, cause: unknown): MlflowError {
  const code = errorCode(cause)
  const unsent = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']
  return new MlflowError(
    'MLFLOW_UNREACHABLE',
    `MLflow did not answer ${what}: ${describe(cause)}`,
    {
      retryable: true,
      ambiguous: code === undefined || !unsent.includes(code),
      cause,
      hint: 'Nothing is lost: events wait in Redis and are recorded when MLflow is back.',
    },
  )
}

/** An answer of 2xx that is not what the API promises, such as a proxy's page or half a JSON text. */
export function unreadable(what: string, cause: unknown): MlflowError {
  return new MlflowError(
    'MLFLOW_REPLY_UNREADABLE',
    `MLflow’s answer to ${what} cannot be read: ${describe(cause)}`,
    {
      retryable: true,
      ambiguous: true,
      cause,
      hint: 'Something between here and MLflow may answer in its place. Check MLFLOW_TRACKING_URI.',
    },
  )
}

/** Code and message of anything thrown. */
export function reasonOf(error: unknown): { readonly code: string; readonly message: string } {
  if (isPipewrightError(error)) return { code: error.code, message: error.message }
  return { code: 'RECORDING_FAILED', message: describe(error) }
}

function isPipewrightError(error: unknown): error is PipewrightError {
  return error instanceof InfrastructureError
}

function parseAnswer(body: string): z.infer<typeof Answer> | undefined {
  try {
    return Answer.safeParse(JSON.parse(body)).data
  } catch {
    // MLflow answers unknown routes, and proxies answer most things, in HTML
    return undefined
  }
}

function excerpt(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  return line.length > 500 ? `${line.slice(0, 500)}…` : line
}

function describe(cause: unknown): string {
  return cause instanceof Error ? excerpt(cause.message) || cause.name : String(cause)
}

function errorCode(cause: unknown): string | undefined {
  return typeof cause === 'object' && cause !== null && 'code' in cause
    ? String(cause.code)
    : undefined
}
