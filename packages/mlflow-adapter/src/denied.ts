import { MlflowError } from './failure.ts'
import type { Identity } from './target.ts'

const restart = 'Recording goes on by itself when the server lets it in.'
const wherever =
  'in the environment, or under the key of credentials.yml that server.credentials of mlflow.yml names'

/** The server answered 401 or 403: only other credentials, or a change of what they may do, will help. */
export function denied(
  message: string,
  {
    status,
    body,
    aside,
    as,
  }: {
    readonly status: number
    readonly body: string
    readonly aside: boolean
    readonly as: Identity
  },
): MlflowError {
  return new MlflowError('MLFLOW_DENIED', message, {
    retryable: true,
    ambiguous: false,
    pauses: true,
    aside,
    status,
    hint: `${hintFor(status, body, as)} ${restart}`,
  })
}

function hintFor(status: number, body: string, as: Identity): string {
  if (/invalid host header/i.test(body))
    return 'The server does not know the host name of its tracking URI: start it with --allowed-hosts and that name, such as mlflow:5000.'
  if (status === 401) return unknownHint(as)
  const who =
    as.by === 'user' ? `the user ${JSON.stringify(as.user)}` : 'whoever holds these credentials'
  return `Give ${who} the permission EDIT on the experiment, or set another MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD ${wherever}.`
}

function unknownHint(as: Identity): string {
  if (as.by === 'user' && as.from === 'uri')
    return `The server does not accept the user ${JSON.stringify(as.user)} of the tracking URI: correct it there, or set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD ${wherever}.`
  if (as.by === 'user')
    return `The server does not accept the user ${JSON.stringify(as.user)} with this password: correct MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD ${wherever}.`
  if (as.by === 'token')
    return `The server does not accept MLFLOW_TRACKING_TOKEN, which may have expired: renew it ${wherever}.`
  if (as.by === 'headers')
    return 'The server does not accept the headers of server.request_header_provider of mlflow.yml: check what it gives.'
  return `No credentials are set: set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN, ${wherever}.`
}
