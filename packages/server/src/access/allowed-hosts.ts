const loopback = ['localhost', '127.0.0.1', '[::1]']
/** Addresses that stand for all of a machine's, and so name none. */
const unspecified = new Set(['0.0.0.0', '::'])

const form = /^(?<name>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+)(?::\d{1,5})?$/

/**
 * The hosts that requests may name. A page of a stranger that a browser has open can lead its own name to this address; then
 * the Host header gives it away.
 */
export class AllowedHosts {
  readonly #allowed: ReadonlySet<string>

  /** @param bound The address that is listened on. @param more `name` for any port, or `name:port`. */
  constructor(bound: string, more: readonly string[]) {
    const own = unspecified.has(bound) ? [] : [bound.includes(':') ? `[${bound}]` : bound]
    this.#allowed = new Set([...loopback, ...own, ...more].map((name) => name.toLowerCase()))
  }

  /** True for the value of a Host header that may be answered. */
  has(host: string | undefined): boolean {
    const name = form.exec(host ?? '')?.groups?.['name']
    if (host === undefined || name === undefined) return false
    return this.#allowed.has(name.toLowerCase()) || this.#allowed.has(host.toLowerCase())
  }

  /** True for the value of an Origin header of a page that one of the hosts has sent. */
  hasOrigin(origin: string): boolean {
    return URL.canParse(origin) && this.has(new URL(origin).host)
  }
}
