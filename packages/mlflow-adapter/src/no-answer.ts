import { MlflowError } from './failure.ts'
import { excerpt, pageText } from './page-text.ts'

/** The connection was never made, so nothing was carried out. */
const unsent = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'])
/** Certificates that do not satisfy one side or the other; the request itself is sent after they do. */
const tls =
  /^(?:ERR_TLS_|ERR_SSL_|ERR_OSSL_|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|HOSTNAME_MISMATCH|INVALID_CA)/
const headers = /^ERR_(?:INVALID_CHAR|HTTP_INVALID_HEADER_VALUE|INVALID_HTTP_TOKEN)$/

/** Classifies a call that got no answer. */
export function noAnswer(what: string, cause: unknown): MlflowError {
  const code = codeOf(cause)
  if (code !== undefined && headers.test(code)) return noHeaders(what, cause)
  if (isTlsFailure(code, cause)) return untrusted(what, cause)
  return new MlflowError(
    'MLFLOW_UNREACHABLE',
    `MLflow did not answer ${what}: ${describe(cause)}`,
    {
      retryable: true,
      ambiguous: code === undefined || !unsent.has(code),
      cause: withoutRequest(cause),
      hint: 'Nothing is lost: events wait in Redis and are recorded when MLflow is back.',
    },
  )
}

/** The call was not made: what is to be presented with it could not be had. */
export function noHeaders(what: string, cause: unknown): MlflowError {
  return new MlflowError(
    'MLFLOW_ACCESS_FAILED',
    `${what} was not sent to MLflow: ${describe(cause)}`,
    {
      retryable: true,
      ambiguous: false,
      pauses: true,
      cause: withoutRequest(cause),
      hint: 'Check the files that server.tls of mlflow.yml, MLFLOW_TRACKING_SERVER_CERT_PATH and MLFLOW_TRACKING_CLIENT_CERT_PATH name, and server.request_header_provider. Recording goes on by itself when they work.',
    },
  )
}

/** An answer of 2xx that is not what the API promises, such as a proxy's page or half a JSON text. */
export function unreadable(what: string, body: string, cause: unknown): MlflowError {
  const isJson = cause instanceof Error && cause.name !== 'SyntaxError'
  const why = isJson ? describe(cause) : `it is no JSON: ${pageText(body) || 'it is empty'}`
  return new MlflowError(
    'MLFLOW_REPLY_UNREADABLE',
    `MLflow’s answer to ${what} cannot be read: ${why}`,
    {
      retryable: true,
      ambiguous: true,
      cause,
      hint: 'Something between here and MLflow may answer in its place, such as a log-in page. Check MLFLOW_TRACKING_URI.',
    },
  )
}

function untrusted(what: string, cause: unknown): MlflowError {
  return new MlflowError(
    'MLFLOW_TLS_FAILED',
    `${what} was not sent to MLflow, for TLS failed: ${tlsText(describe(cause))}`,
    {
      retryable: true,
      ambiguous: false,
      pauses: true,
      cause: withoutRequest(cause),
      hint: 'If an authority of your own has signed the server’s certificate, name its file in server.tls.ca_file of mlflow.yml or MLFLOW_TRACKING_SERVER_CERT_PATH. Check also that the tracking URI has the name that the certificate is for, and http or https as the server speaks. Recording goes on by itself when they fit.',
    },
  )
}

function isTlsFailure(code: string | undefined, cause: unknown): boolean {
  if (code === undefined) return false
  // a server that speaks plain HTTP, or that ends the handshake because it wants a certificate
  if (code === 'EPROTO') return true
  return (
    tls.test(code) ||
    (cause instanceof Error && /\balert (?:bad )?certificate\b/.test(cause.message))
  )
}

/** `…:error:0A00045C:SSL routines:ssl3_read_bytes:certificate required:../deps/…` without where OpenSSL found it. */
function tlsText(text: string): string {
  const [, reason] = /:error:[0-9A-F]+:[^:]*:[^:]*:([^:]+):/.exec(text) ?? []
  return reason ?? text
}

/** What failed below, without the request: that holds credentials, which logs would print. */
function withoutRequest(cause: unknown): unknown {
  if (!(cause instanceof Error)) return cause
  return Object.assign(new Error(cause.message), { name: cause.name, code: codeOf(cause) })
}

function describe(cause: unknown): string {
  return cause instanceof Error ? excerpt(cause.message) || cause.name : String(cause)
}

function codeOf(cause: unknown): string | undefined {
  return typeof cause === 'object' && cause !== null && 'code' in cause
    ? String(cause.code)
    : undefined
}
