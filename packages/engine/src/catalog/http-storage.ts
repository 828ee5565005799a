import { STATUS_CODES } from 'node:http'

import * as z from 'zod'

import type { Secret } from '../config/secret.ts'
import { ConfigError, InfrastructureError, UsageError } from '../errors.ts'
import { sendRequest, type HttpResponse, type Resolve } from './http-request.ts'
import type { NetworkPolicy } from './network-policy.ts'
import { shownUrl } from './storage-address.ts'
import { credentialFields } from './storage-credentials.ts'
import { storageError } from './storage-error.ts'
import { pathParts } from './storage-path.ts'
import type { ByteRange, Storage } from './storage.ts'

/** Settings of a storage on the web. */
export interface HttpStorageOptions {
  /** What its paths are relative to. A query is sent with each request: it may be a signature. */
  readonly url: URL
  readonly policy: NetworkPolicy
  /** Settings `username` and `password`, `token`, or `headers`. Default: none. */
  readonly credentials?: (() => Secret) | undefined
  /** Finds the addresses of a host. Default: as the system does. */
  readonly resolve?: Resolve | undefined
}

const absent = new Set([404, 410])

/** What lies at an http or https address. It can only be read. */
export class HttpStorage implements Storage {
  readonly url: string
  readonly #options: HttpStorageOptions

  constructor(options: HttpStorageOptions) {
    this.#options = options
    this.url = shownUrl(options.url)
  }

  async read(path: string): Promise<Uint8Array | undefined> {
    const response = await this.#send('GET', path, { 'accept-encoding': 'gzip, deflate, br' })
    if (response === undefined) return undefined
    const { maxBytes } = this.#options.policy
    const pieces: Uint8Array[] = []
    let size = 0
    for await (const piece of response.body) {
      size += piece.byteLength
      // Leaving the loop ends the connection.
      if (size > maxBytes) throw this.#tooLarge(path, maxBytes)
      pieces.push(piece)
    }
    return Buffer.concat(pieces)
  }

  async stream(path: string, range?: ByteRange): Promise<AsyncIterable<Uint8Array> | undefined> {
    if (range === undefined) {
      const whole = await this.#send('GET', path, { 'accept-encoding': 'gzip, deflate, br' })
      return whole?.body
    }
    if (range.end <= range.start) return (await this.exists(path)) ? nothing() : undefined
    const response = await this.#send('GET', path, {
      'accept-encoding': 'identity',
      range: `bytes=${range.start}-${range.end - 1}`,
    })
    // A server may send the whole all the same.
    if (response?.status === 200) return part(response, range)
    return response?.body
  }

  async exists(path: string): Promise<boolean> {
    const response = await this.#head(path)
    response?.end()
    return response !== undefined
  }

  async size(path: string): Promise<number | undefined> {
    const response = await this.#head(path)
    response?.end()
    const length = response?.headers['content-length']
    if (response === undefined || response.headers['content-encoding'] !== undefined)
      return undefined
    return typeof length === 'string' ? Number(length) : undefined
  }

  async write(path: string): Promise<void> {
    pathParts(path)
    return await this.#readOnly()
  }

  async remove(path: string): Promise<void> {
    pathParts(path)
    return await this.#readOnly()
  }

  async list(prefix: string): Promise<readonly string[]> {
    if (prefix !== '') pathParts(prefix)
    return await this.#readOnly()
  }

  #readOnly(): Promise<never> {
    return Promise.reject(
      new UsageError(
        'STORAGE_READ_ONLY',
        `${this.url} is on the web: what lies there can be read, and neither listed, written nor removed.`,
        { hint: 'Keep what is made, versions and runs in a folder or bucket.' },
      ),
    )
  }

  #tooLarge(path: string, limit: number): InfrastructureError {
    return new InfrastructureError(
      'STORAGE_TOO_LARGE',
      `${this.url}/${path} is larger than ${limit} bytes, so it is not read.`,
      { hint: 'If it is meant, raise network.maxBytes of pipewright.yml.' },
    )
  }

  async #head(path: string): Promise<HttpResponse | undefined> {
    const response = await this.#send('HEAD', path, { 'accept-encoding': 'identity' })
    // Some servers know no HEAD.
    if (response?.status !== 405 && response?.status !== 501) return response
    return await this.#send('GET', path, { 'accept-encoding': 'identity' })
  }

  async #send(
    method: 'GET' | 'HEAD',
    path: string,
    headers: Readonly<Record<string, string>>,
  ): Promise<HttpResponse | undefined> {
    const url = this.#urlOf(path)
    const { policy, resolve } = this.#options
    const response = await sendRequest({
      url,
      policy,
      method,
      headers,
      secretHeaders: this.#secretHeaders(),
      ...(resolve !== undefined && { resolve }),
    })
    const { status } = response
    if (status === 200 || status === 206) return response
    response.end()
    if (absent.has(status)) return undefined
    if (method === 'HEAD' && (status === 405 || status === 501)) return response
    if (status === 416) return { ...response, body: nothing() }
    throw storageError({
      what: 'read',
      where: shownUrl(url),
      status,
      cause: new Error(STATUS_CODES[status] ?? 'without a word'),
    })
  }

  #urlOf(path: string): URL {
    const url = new URL(this.#options.url)
    const parts = pathParts(path).map((part) => encodeURIComponent(part))
    url.pathname = `${url.pathname.replace(/\/$/, '')}/${parts.join('/')}`
    return url
  }

  #secretHeaders(): Readonly<Record<string, string>> {
    const fields = credentialFields(
      this.#options.credentials?.(),
      {
        username: ['username', 'user', 'login'],
        password: ['password'],
        token: ['token'],
        headers: ['headers'],
      },
      this.url,
    )
    const { username, password = '', token, headers } = fields
    const basic = Buffer.from(`${username}:${password}`).toString('base64')
    return {
      ...headersOf(headers, this.url),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(username !== undefined && { authorization: `Basic ${basic}` }),
    }
  }
}

const Headers = z.record(z.string(), z.string())

function headersOf(text: string | undefined, where: string): Readonly<Record<string, string>> {
  if (text === undefined) return {}
  try {
    return Headers.parse(JSON.parse(text))
  } catch {
    // The error underneath would show what was written.
    throw new ConfigError(
      'CREDENTIALS_INVALID',
      `The credentials for ${where} have headers that are no map of names to texts.`,
      { hint: "Write headers: { X-Api-Key: '…' }." },
    )
  }
}

async function* nothing(): AsyncGenerator<Uint8Array, void, undefined> {}

/** The bytes of a range from a body that begins at its first byte. */
async function* part(
  response: HttpResponse,
  { start, end }: ByteRange,
): AsyncGenerator<Uint8Array> {
  let at = 0
  for await (const piece of response.body) {
    const from = Math.max(start - at, 0)
    const to = Math.min(end - at, piece.byteLength)
    if (to > from) yield piece.subarray(from, to)
    at += piece.byteLength
    if (at >= end) return
  }
}
