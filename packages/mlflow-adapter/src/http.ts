import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'

import axios, { type AxiosInstance, type AxiosRequestConfig } from 'axios'

import { noAnswer, refusal, unreadable } from './failure.ts'
import type { Endpoint } from './rest/endpoint.ts'
import { Slots } from './slots.ts'

/** How to reach a tracking server. */
export interface HttpOptions {
  /** Such as `http://127.0.0.1:5000`; a path in front of `/api` is kept, credentials in it are used. */
  readonly uri: string
  /** Longest wait for one answer, in ms. */
  readonly timeout: number
  /** Most calls under way at once. A server on SQLite collapses above about ten. */
  readonly inFlight: number
  /** Where MLFLOW_TRACKING_USERNAME, _PASSWORD and _TOKEN are looked up. */
  readonly env: Readonly<Record<string, string | undefined>>
}

/** Speaks HTTP with one MLflow server: kept-alive connections, bounded concurrency, every outcome a value or a MlflowError. */
export class Http {
  readonly #axios: AxiosInstance
  readonly #agents: readonly [HttpAgent, HttpsAgent]
  readonly #slots: Slots
  readonly #timeout: number
  #calls = 0

  constructor(options: HttpOptions) {
    const url = new URL(options.uri)
    const authorization = authorizationFor(url, options.env)
    url.username = ''
    url.password = ''
    this.#timeout = options.timeout
    this.#slots = new Slots(options.inFlight)
    const agent = { keepAlive: true, maxSockets: options.inFlight }
    this.#agents = [new HttpAgent(agent), new HttpsAgent(agent)]
    this.#axios = axios.create({
      baseURL: url.href.replace(/\/+$/, ''),
      httpAgent: this.#agents[0],
      httpsAgent: this.#agents[1],
      headers: authorization === undefined ? {} : { authorization },
      maxBodyLength: Infinity,
      maxContentLength: Infinity,
      maxRedirects: 0,
      validateStatus: null,
    })
  }

  /** Number of requests sent so far. */
  get calls(): number {
    return this.#calls
  }

  /** Calls an endpoint of the REST API. @throws MlflowError */
  async call<Request, Response>(
    endpoint: Endpoint<Request, Response>,
    request: Request,
  ): Promise<Response> {
    const what = `${endpoint.method} ${endpoint.path}`
    const url = `${endpoint.root ?? '/api/2.0/mlflow/'}${endpoint.path}`
    const valid = endpoint.request.parse(request)
    const body = await this.#send(
      what,
      endpoint.method === 'GET' || endpoint.method === 'DELETE'
        ? { method: endpoint.method, url, params: valid }
        : { method: endpoint.method, url, data: valid },
    )
    try {
      return endpoint.response.parse(JSON.parse(body.toString('utf8')))
    } catch (error) {
      throw unreadable(what, error)
    }
  }

  /** Uploads bytes. @throws MlflowError */
  async put(path: string, bytes: Uint8Array, mediaType: string): Promise<void> {
    await this.#send(`PUT ${path}`, {
      method: 'PUT',
      url: path,
      data: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
      headers: { 'content-type': mediaType },
    })
  }

  /** Closes the kept connections. */
  close(): void {
    for (const agent of this.#agents) agent.destroy()
  }

  async #send(what: string, config: AxiosRequestConfig): Promise<Buffer> {
    const free = await this.#slots.take()
    try {
      this.#calls++
      const answer = await this.#answer(what, config)
      const body = Buffer.from(answer.data)
      if (answer.status < 200 || answer.status >= 300)
        throw refusal(what, answer.status, body.toString('utf8'), answer.retryAfter)
      return body
    } finally {
      free()
    }
  }

  async #answer(
    what: string,
    config: AxiosRequestConfig,
  ): Promise<{
    readonly status: number
    readonly data: ArrayBuffer
    readonly retryAfter: string | undefined
  }> {
    try {
      const { status, data, headers } = await this.#axios.request<ArrayBuffer>({
        ...config,
        responseType: 'arraybuffer',
        // covers connecting and a body that never ends, which axios' own timeout does not
        signal: AbortSignal.timeout(this.#timeout),
      })
      const retryAfter: unknown = headers['retry-after']
      return { status, data, retryAfter: typeof retryAfter === 'string' ? retryAfter : undefined }
    } catch (error) {
      throw noAnswer(what, error)
    }
  }
}

function authorizationFor(url: URL, env: HttpOptions['env']): string | undefined {
  const token = env['MLFLOW_TRACKING_TOKEN']
  const user = env['MLFLOW_TRACKING_USERNAME'] ?? decodeURIComponent(url.username)
  const password = env['MLFLOW_TRACKING_PASSWORD'] ?? decodeURIComponent(url.password)
  if (user !== '') return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
  return token === undefined || token === '' ? undefined : `Bearer ${token}`
}
