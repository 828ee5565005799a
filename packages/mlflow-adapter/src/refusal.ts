import * as z from 'zod'

import { denied } from './denied.ts'
import { MlflowError } from './failure.ts'
import { excerpt, pageText } from './page-text.ts'
import type { Identity } from './target.ts'

/** An HTTP answer that is not 2xx. */
export interface RefusedAnswer {
  /** The call, such as `POST runs/create`. */
  readonly what: string
  readonly status: number
  readonly body: string
  /** Headers of these names. */
  readonly retryAfter?: string | undefined
  readonly location?: string | undefined
  /** As whom the call was made. Default: nobody. */
  readonly identity?: Identity
}

/** What MLflow says when it refuses. */
interface Said {
  readonly error_code: string
  readonly message: string
}

const Said: z.ZodType<Said> = z.object({
  error_code: z.string(),
  message: z.string().default(''),
})

/** These come as 400 though the fault is the server's; it may have written before it failed. */
const transient = /QueuePool|database is locked|OperationalError/
/** Calls without which no run is recorded. All others are for something beside the record. */
const essential =
  /^(?:GET|POST) (?:experiments\/|runs\/(?:create|update|log-batch|set-tag|search|get|delete)$)/
const artifactsOff = /serve-artifacts/
/** The run that a call is about was deleted. */
const inactive = /\brun \S+ must be in the 'active' state/i
const gone = /\brun with id=\S+ not found/i

/** Classifies an answer that is not 2xx. */
export function refusal(answer: RefusedAnswer): MlflowError {
  const { what, status, body, identity = { by: 'nothing' } } = answer
  const said = parseSaid(body)
  const aside = !essential.test(what)
  const message = `MLflow answered ${what} with ${status}${textOf(body, said)}`
  if (status >= 300 && status < 400) return redirected(answer)
  if (status === 401 || status === 403)
    return denied(message, { status, body, aside, as: identity })
  if (isTransient(status, body)) return busy(message, answer)
  if (said === undefined && !isOwnWord(status, body)) return foreign(message, status, aside)
  return refused(message, status, said?.message ?? '')
}

function textOf(body: string, said: Said | undefined): string {
  const text = said === undefined ? pageText(body) : `${said.error_code}: ${excerpt(said.message)}`
  return text === '' ? '' : `: ${text}`
}

/** No repetition of this call will help. */
function refused(message: string, status: number, said: string): MlflowError {
  if (inactive.test(said))
    return new MlflowError('MLFLOW_RUN_DELETED', message, {
      retryable: false,
      ambiguous: false,
      status,
      hint: 'What follows of it is not recorded. Restore it in MLflow before the run ends, and its end completes it.',
    })
  if (status === 404 && gone.test(said))
    return new MlflowError('MLFLOW_RUN_GONE', message, {
      retryable: false,
      ambiguous: false,
      status,
      hint: 'The server has another database than before. The run is recorded anew.',
    })
  return new MlflowError('MLFLOW_REFUSED', message, {
    retryable: false,
    ambiguous: false,
    status,
    hint: 'MLflow will not accept this request. The event is kept as a dead letter.',
  })
}

function busy(message: string, { status, retryAfter }: RefusedAnswer): MlflowError {
  return new MlflowError('MLFLOW_BUSY', message, {
    retryable: true,
    ambiguous: status !== 408 && status !== 425 && status !== 429,
    status,
    retryAfter: milliseconds(retryAfter),
  })
}

/** MLflow says in JSON what it refuses; this was said by another program, or by an MLflow that has no such route. */
function foreign(message: string, status: number, aside: boolean): MlflowError {
  return new MlflowError('MLFLOW_NOT_FOUND', message, {
    retryable: true,
    ambiguous: false,
    aside,
    status,
    hint: 'No MLflow REST API answers at this address, or one that lacks this call. Check MLFLOW_TRACKING_URI.',
  })
}

/** Somebody in front of the server wants a log-in, or the server has moved. A request that writes is not sent elsewhere. */
function redirected({ what, status, location }: RefusedAnswer): MlflowError {
  const place = location === undefined ? 'another place' : addressOf(location)
  return new MlflowError(
    'MLFLOW_REDIRECTED',
    `MLflow answered ${what} with ${status}: it sends the request to ${place}`,
    {
      retryable: true,
      ambiguous: false,
      pauses: true,
      status,
      hint: 'If the server has moved, set MLFLOW_TRACKING_URI, or server.mlflow_tracking_uri of mlflow.yml, to its new address. If this is a log-in page, set MLFLOW_TRACKING_TOKEN or server.request_header_provider of mlflow.yml. Recording goes on by itself when the server answers.',
    },
  )
}

/** Without what follows the path: log-in pages are given secrets there. */
function addressOf(location: string): string {
  return excerpt(location.replace(/[?#].*$/s, '').replace(/\/\/[^/@]*@/, '//'))
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
  if (isOwnWord(status, body)) return false
  return status === 408 || status === 425 || status === 429 || status >= 500
}

/** About this one request, though it is not said in JSON: too large, not implemented, or artifacts that are kept elsewhere. */
function isOwnWord(status: number, body: string): boolean {
  return status === 413 || status === 501 || artifactsOff.test(body)
}

function parseSaid(body: string): Said | undefined {
  try {
    return Said.safeParse(JSON.parse(body)).data
  } catch {
    // MLflow answers unknown routes, and proxies answer most things, in HTML
    return undefined
  }
}
