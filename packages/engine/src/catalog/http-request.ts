import { lookup as systemLookup, type LookupAddress } from 'node:dns'
import { request as requestPlain, type IncomingMessage, type RequestOptions } from 'node:http'
import { request as requestSecure } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'

import { ConfigError, InfrastructureError } from '../errors.ts'
import { inflate } from './bounded-inflate.ts'
import { addressRefused, admits, host, type NetworkPolicy } from './network-policy.ts'
import { shownUrl } from './storage-address.ts'
import { storageError } from './storage-error.ts'

/** A request to an address that a catalog or a run names. */
export interface HttpRequest {
  readonly url: URL
  readonly policy: NetworkPolicy
  /** Default `GET`. */
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Headers that let us in. They go to the origin of `url` alone, not to where it redirects. */
  readonly secretHeaders?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  readonly signal?: AbortSignal
  /** Finds the addresses of a host. Default: as the system does. */
  readonly resolve?: Resolve
}

/** An answer. `body` is decompressed, and has to be read or `end`ed. */
export interface HttpResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  /** Where it came from, after redirects. */
  readonly url: URL
  readonly body: AsyncIterable<Uint8Array>
  /** Gives up what was not read. */
  end(): void
}

export type Resolve = (host: string) => Promise<readonly LookupAddress[]>

const mostRedirects = 3
const redirects = new Set([301, 302, 303, 307, 308])
/** Milliseconds without a byte after which a connection is given up. */
const longestSilence = 30_000

/**
 * Sends a request to where a policy lets it go. Each connection goes to an address that was checked: names are looked up
 * once and not again between check and connection. Redirects, three at most, are checked as the first address was, and never
 * lead from https to http.
 *
 * @throws ConfigError `STORAGE_ADDRESS_REFUSED`, `STORAGE_ADDRESS_INVALID`.
 * @throws InfrastructureError `STORAGE_FAILED`, `STORAGE_DENIED` (a redirect that is not followed)
 */
export async function sendRequest(request: HttpRequest): Promise<HttpResponse> {
  const isRead = ['GET', 'HEAD'].includes(request.method ?? 'GET')
  let url = request.url
  for (let hops = 0; ; hops += 1) {
    const isHome = url.origin === request.url.origin
    const message = await sendOnce({ ...request, url }, isHome)
    const { statusCode = 0, headers } = message
    const target = redirects.has(statusCode) ? headers.location : undefined
    if (target === undefined) return answer(message, url)
    message.destroy()
    const problem = isRead ? undefined : 'only what is read follows redirects'
    url = nextUrl(
      url,
      target,
      problem ?? (hops >= mostRedirects ? 'there are too many redirects' : undefined),
    )
  }
}

function nextUrl(from: URL, target: string, problem: string | undefined): URL {
  const next = URL.canParse(target, from.href) ? new URL(target, from) : undefined
  const reason = problem ?? wayProblem(from, next)
  if (next === undefined || reason !== undefined)
    throw new InfrastructureError(
      'STORAGE_DENIED',
      `Could not read ${shownUrl(from)}: its redirect is not followed: ${reason}.`,
      { hint: 'Write the address that it leads to, if that is the one that is meant.' },
    )
  next.username = ''
  next.password = ''
  return next
}

function wayProblem(from: URL, next: URL | undefined): string | undefined {
  if (next?.protocol !== 'https:' && next?.protocol !== 'http:') return 'it leads to no web address'
  const isWeaker = from.protocol === 'https:' && next.protocol !== 'https:'
  return isWeaker ? 'it leads from https to http' : undefined
}

function answer(message: IncomingMessage, url: URL): HttpResponse {
  const encoding = message.headers['content-encoding']?.trim().toLowerCase() ?? 'identity'
  const where = shownUrl(url)
  const raw = received(message, where)
  return {
    status: message.statusCode ?? 0,
    headers: message.headers,
    url,
    body: encoding === 'identity' || encoding === '' ? raw : inflate(raw, encoding, where),
    end: () => void message.destroy(),
  }
}

async function* received(message: IncomingMessage, where: string): AsyncGenerator<Uint8Array> {
  try {
    // Without an encoding its pieces are bytes.
    for await (const piece of message as AsyncIterable<Buffer>) yield piece
  } catch (cause) {
    throw storageError({ what: 'read', where, status: undefined, cause })
  }
}

async function sendOnce(request: HttpRequest, isHome: boolean): Promise<IncomingMessage> {
  const { url, policy } = request
  assertWeb(url)
  // A host that is an address itself is not looked up, so nobody else would check it.
  const literal = host(url)
  if (isIP(literal) !== 0) assertAdmitted(url, literal, policy)
  try {
    return await exchange(request, isHome)
  } catch (cause) {
    if (cause instanceof Error && cause.name === 'AbortError') throw cause
    throw storageError({ what: 'read', where: shownUrl(url), status: undefined, cause })
  }
}

function exchange(request: HttpRequest, isHome: boolean): Promise<IncomingMessage> {
  const { url, method = 'GET', headers, secretHeaders, body, signal } = request
  const send = url.protocol === 'https:' ? requestSecure : requestPlain
  const options: RequestOptions = {
    method,
    headers: { 'user-agent': 'pipewright', ...headers, ...(isHome && secretHeaders) },
    // No connection of another request, which was checked for that one.
    agent: false,
    lookup: checkedLookup(request),
    timeout: longestSilence,
    ...(signal !== undefined && { signal }),
  }
  return new Promise((resolve, reject) => {
    const outgoing = send(url, options, resolve)
    outgoing.once('error', reject)
    outgoing.once('timeout', () =>
      outgoing.destroy(new Error(`nothing was heard for ${longestSilence / 1000} s`)),
    )
    outgoing.end(body)
  })
}

/** Looks a host up and gives its addresses to the connection only if all of them may be reached. */
function checkedLookup(request: HttpRequest): LookupFunction {
  return (name, { all }, callback) => {
    const answerWith = async (): Promise<void> => {
      const found = await lookUp(request, name).catch((error: unknown) => error)
      if (!Array.isArray(found)) callback(asError(found), '', 0)
      else if (all === true) callback(null, found)
      else callback(null, found[0].address, found[0].family)
    }
    void answerWith()
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}

async function lookUp(
  { url, policy, resolve = resolveAll }: HttpRequest,
  name: string,
): Promise<[LookupAddress, ...LookupAddress[]]> {
  const [first, ...others] = await resolve(name)
  if (first === undefined) throw new Error(`${name} has no address`)
  for (const { address } of [first, ...others]) assertAdmitted(url, address, policy)
  return [first, ...others]
}

function resolveAll(name: string): Promise<readonly LookupAddress[]> {
  return new Promise((resolve, reject) => {
    systemLookup(name, { all: true }, (error, addresses) =>
      error === null ? resolve(addresses) : reject(error),
    )
  })
}

function assertAdmitted(url: URL, address: string, policy: NetworkPolicy): void {
  const port = url.port || (url.protocol === 'https:' ? '443' : '80')
  if (!admits(policy, { host: host(url), port, address })) throw addressRefused(url, address)
}

function assertWeb(url: URL): void {
  if (url.protocol === 'https:' || url.protocol === 'http:') return
  throw new ConfigError(
    'STORAGE_ADDRESS_INVALID',
    `The address ${url.protocol}//… cannot be used: only http and https are requested.`,
    { hint: 'Write an https:// address.' },
  )
}
