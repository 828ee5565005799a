import type { ServerConfig, ServerScope } from '@pipewright/engine/internal'

import { HttpError } from '../http/http-error.ts'
import { AllowedHosts } from './allowed-hosts.ts'
import { RateLimit } from './rate-limit.ts'
import type { Caller, Tokens } from './tokens.ts'

/** What is known of a request before its body is read. */
export interface Arrival {
  readonly host: string | undefined
  readonly origin: string | undefined
  readonly authorization: string | undefined
  /** Address of the other end. */
  readonly address: string
}

const anyone: Caller = { name: undefined, scopes: new Set<ServerScope>(['read', 'run', 'admin']) }
const nobody: Caller = { name: undefined, scopes: new Set() }

/** Decides who may come in. It looks at headers alone, so that nothing of a refused request is read or done. */
export class Gate {
  readonly #hosts: AllowedHosts
  readonly #tokens: Tokens
  readonly #rate: RateLimit

  constructor(
    { host, hosts, rate }: Pick<ServerConfig, 'host' | 'hosts' | 'rate'>,
    tokens: Tokens,
  ) {
    this.#hosts = new AllowedHosts(host, hosts)
    this.#tokens = tokens
    this.#rate = new RateLimit(rate)
  }

  /**
   * Lets a request in, and says whose it is.
   *
   * @param scope What it needs; undefined for what everybody may ask, whatever host they name.
   * @throws HttpError `HOST_REFUSED`, `ORIGIN_REFUSED`, `RATE_LIMITED`, `NOT_AUTHENTICATED`, `SCOPE_MISSING`
   */
  admit(arrival: Arrival, scope: ServerScope | undefined): Caller {
    if (scope === undefined) {
      this.#count(arrival.address)
      return nobody
    }
    this.#checkHost(arrival)
    const caller = this.#callerOf(arrival.authorization)
    this.#count(caller?.name === undefined ? arrival.address : `token ${caller.name}`)
    if (caller === undefined) throw unauthenticated(arrival.authorization)
    if (!caller.scopes.has(scope)) throw scopeMissing(caller, scope)
    return caller
  }

  #checkHost({ host, origin }: Arrival): void {
    if (!this.#hosts.has(host)) {
      throw new HttpError(
        'HOST_REFUSED',
        421,
        `This server does not answer for the host ${JSON.stringify((host ?? '').slice(0, 100))}.`,
        {
          hint: 'Its operator lists the names by which it is reached: server.hosts of pipewright.yml.',
        },
      )
    }
    if (origin !== undefined && !this.#hosts.hasOrigin(origin)) {
      throw new HttpError('ORIGIN_REFUSED', 403, 'Pages of other sites may not call this server.', {
        hint: 'Call it from a service, or from a page of a host in server.hosts of pipewright.yml.',
      })
    }
  }

  #callerOf(authorization: string | undefined): Caller | undefined {
    if (this.#tokens.size === 0) return anyone
    const token = /^Bearer +(?<token>[\w.~+/=-]{1,500})$/i.exec(authorization ?? '')?.groups?.[
      'token'
    ]
    return token === undefined ? undefined : this.#tokens.callerOf(token)
  }

  #count(sender: string): void {
    const wait = this.#rate.take(sender)
    if (wait === 0) return
    throw new HttpError('RATE_LIMITED', 429, 'Too many requests.', {
      headers: { 'retry-after': String(Math.ceil(wait / 1000)) },
      hint: 'Wait as long as Retry-After says, and send fewer: server.rate of pipewright.yml is the limit.',
    })
  }
}

function unauthenticated(authorization: string | undefined): HttpError {
  const isGiven = authorization !== undefined
  return new HttpError(
    'NOT_AUTHENTICATED',
    401,
    isGiven ? 'The token is not one that this server knows.' : 'The request has no token.',
    {
      headers: {
        'www-authenticate': `Bearer realm="pipewright"${isGiven ? ', error="invalid_token"' : ''}`,
      },
      hint: 'Send the header "Authorization: Bearer TOKEN".',
    },
  )
}

function scopeMissing({ name = '' }: Caller, scope: ServerScope): HttpError {
  return new HttpError('SCOPE_MISSING', 403, `Token "${name}" has not the scope "${scope}".`, {
    headers: {
      'www-authenticate': `Bearer realm="pipewright", error="insufficient_scope", scope="${scope}"`,
    },
    hint: 'Use a token that has it, or add it: server.tokens of pipewright.yml.',
  })
}
