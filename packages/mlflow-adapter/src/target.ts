import type { Credentials } from './access.ts'

/** As whom a request came, for messages that say what to set. */
export type Identity =
  | { readonly by: 'nothing' | 'token' | 'certificate' | 'headers' }
  | { readonly by: 'user'; readonly user: string; readonly from: 'variables' | 'uri' }

/** One server: its address, and who we are there. */
export class Target {
  /** Without credentials and without a slash at the end. */
  readonly base: string
  readonly #fromUri: { readonly user: string; readonly password: string } | undefined

  constructor(uri: string) {
    const url = new URL(uri)
    const user = decodeURIComponent(url.username)
    this.#fromUri = user === '' ? undefined : { user, password: decodeURIComponent(url.password) }
    url.username = ''
    url.password = ''
    this.base = url.href.replace(/\/+$/, '')
  }

  /** The header `Authorization`, and as whom it lets us in. A user goes before a token, as in MLflow's own clients. */
  authorize({ basic, token, tls }: Credentials): {
    readonly authorization: string | undefined
    readonly identity: Identity
  } {
    const pair = basic ?? this.#fromUri
    if (pair !== undefined) {
      const { user, password } = pair
      const from = basic === undefined ? 'uri' : 'variables'
      return {
        authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
        identity: { by: 'user', user, from },
      }
    }
    if (token !== undefined) return { authorization: `Bearer ${token}`, identity: { by: 'token' } }
    const by = tls.cert === undefined ? ('nothing' as const) : ('certificate' as const)
    return { authorization: undefined, identity: { by } }
  }
}
