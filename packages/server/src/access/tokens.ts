import { hash, timingSafeEqual } from 'node:crypto'

import { ConfigError } from '@pipewright/engine'
import type { ServerScope, ServerToken } from '@pipewright/engine/internal'

/** Who sent a request. */
export interface Caller {
  /** Of the token; undefined where no tokens are configured. */
  readonly name: string | undefined
  readonly scopes: ReadonlySet<ServerScope>
}

/** With fewer characters a token could be guessed. */
const shortest = 20

/** The tokens that are accepted. Only their digests are kept. */
export class Tokens {
  readonly #known: readonly { readonly digest: Buffer; readonly caller: Caller }[]

  /** @throws ConfigError `INVALID_SERVER_SETTINGS` for a variable without a token, and for one token under two names */
  constructor(
    tokens: Readonly<Record<string, ServerToken>>,
    environment: Readonly<Record<string, string | undefined>>,
  ) {
    this.#known = Object.entries(tokens).map(([name, token]) => ({
      digest: Buffer.from(token.sha256 ?? digestOf(name, token, environment), 'hex'),
      caller: { name, scopes: new Set(token.scopes) },
    }))
    const digests = new Set(this.#known.map(({ digest }) => digest.toString('hex')))
    if (digests.size < this.#known.length)
      throw invalid('Two names have the same token.', 'Give each caller a token of its own.')
  }

  get size(): number {
    return this.#known.length
  }

  /** Whose token it is. All are compared, each in constant time, so that the time tells nothing of any of them. */
  callerOf(token: string): Caller | undefined {
    const digest = Buffer.from(hash('sha256', token, 'hex'), 'hex')
    let found: Caller | undefined
    for (const known of this.#known) if (timingSafeEqual(known.digest, digest)) found = known.caller
    return found
  }
}

function digestOf(
  name: string,
  { env = '' }: ServerToken,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  const token = environment[env] ?? ''
  if (token.length >= shortest) return hash('sha256', token, 'hex')
  throw invalid(
    `Token "${name}": the variable ${env} ${token === '' ? 'is not set' : `has fewer than ${shortest} characters`}.`,
    '"pipewright server token" makes one.',
  )
}

function invalid(message: string, hint: string): ConfigError {
  return new ConfigError('INVALID_SERVER_SETTINGS', message, { hint })
}
