import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import type { Readable } from 'node:stream'

import axios, { type AxiosInstance, type AxiosRequestConfig } from 'axios'

import { Access, type AccessSettings, type TlsMaterial } from './access.ts'
import { MlflowError } from './failure.ts'
import { noAnswer, noHeaders, unreadable } from './no-answer.ts'
import { ReceivedBody } from './received-body.ts'
import { refusal } from './refusal.ts'
import type { Endpoint } from './rest/endpoint.ts'
import { Slots } from './slots.ts'
import { Target, type Identity } from './target.ts'
import { SentBody, type UploadBody } from './upload-body.ts'

/** How to reach MLflow. */
export interface HttpOptions {
  /** The tracking server, such as `http://127.0.0.1:5000`; a path in front of `/api` is kept, credentials in it are used. */
  readonly uri: string
  /** The server of the model registry. Default: `uri`. */
  readonly registryUri?: string | undefined
  /** Longest wait for one answer, in ms. */
  readonly timeout: number
  /** Most calls under way at once. A server on SQLite collapses above about ten. */
  readonly inFlight: number
  /** Default: the MLFLOW_TRACKING_… variables of the process. */
  readonly access?: AccessSettings | undefined
}

/** Calls of MLflow's API that belong to the registry, which may be another server. */
const registryCalls = /^(?:registered-models|model-versions)\//

/** A request before it is known how we introduce ourselves. */
type Outgoing = Omit<AxiosRequestConfig, 'headers'> & {
  readonly headers?: Readonly<Record<string, string>>
}

interface Answer {
  readonly status: number
  readonly data: ArrayBuffer
  readonly header: (name: string) => string | undefined
  readonly identity: Identity
}

/** Speaks HTTP with MLflow: kept-alive connections, bounded concurrency, every outcome a value or a MlflowError. */
export class Http {
  readonly #axios: AxiosInstance
  readonly #tracking: Target
  readonly #registry: Target
  readonly #access: Access
  readonly #httpAgent: HttpAgent
  /** The last one is current: an earlier one held certificates that were replaced. */
  readonly #httpsAgents: { readonly tls: TlsMaterial; readonly agent: HttpsAgent }[] = []
  readonly #slots: Slots
  readonly #uploads: Slots
  readonly #inFlight: number
  readonly #timeout: number
  #calls = 0
  #uploaded = 0
  readonly #count = (bytes: number): void => {
    this.#uploaded += bytes
  }

  constructor(options: HttpOptions) {
    this.#tracking = new Target(options.uri)
    this.#registry =
      options.registryUri === undefined ? this.#tracking : new Target(options.registryUri)
    this.#access = new Access(options.access ?? {})
    this.#timeout = options.timeout
    this.#inFlight = options.inFlight
    this.#slots = new Slots(options.inFlight)
    this.#uploads = new Slots(Math.max(1, Math.floor(options.inFlight / 2)))
    this.#httpAgent = new HttpAgent({ keepAlive: true, maxSockets: options.inFlight })
    this.#axios = axios.create({
      httpAgent: this.#httpAgent,
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

  /** Bytes of uploads sent so far. */
  get uploaded(): number {
    return this.#uploaded
  }

  /** Calls an endpoint of the REST API. @throws MlflowError */
  async call<Request, Response>(
    endpoint: Endpoint<Request, Response>,
    request: Request,
  ): Promise<Response> {
    const { method, root = '/api/2.0/mlflow/', path } = endpoint
    const what = `${method} ${path}`
    const valid = endpoint.request.parse(request)
    const target = registryCalls.test(path) ? this.#registry : this.#tracking
    const body = await this.#send(target, what, {
      method,
      url: `${root}${path}`,
      ...(method === 'GET' ? { params: valid } : { data: valid }),
    })
    try {
      return endpoint.response.parse(JSON.parse(body.toString('utf8')))
    } catch (error) {
      throw unreadable(what, body.toString('utf8'), error)
    }
  }

  /** Uploads bytes. @throws MlflowError */
  async put(path: string, bytes: Uint8Array, mediaType: string): Promise<void> {
    await this.#send(this.#tracking, `PUT ${path}`, {
      method: 'PUT',
      url: path,
      data: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
      headers: { 'content-type': mediaType },
    })
  }

  /** Text at a path of the tracking server, such as `/version`. @throws MlflowError */
  async text(path: string): Promise<string> {
    const body = await this.#send(this.#tracking, `GET ${path}`, { method: 'GET', url: path })
    return body.toString('utf8')
  }

  /**
   * Uploads a body piece by piece, so that it is never in memory as a whole. The timeout counts from the last piece that
   * went out. At most half of the calls under way are uploads, so that large ones hold up nothing else.
   *
   * @throws MlflowError, or whatever reading the body throws
   */
  async upload(path: string, body: UploadBody): Promise<void> {
    const free = await this.#uploads.take()
    const sent = new SentBody(body, this.#timeout, this.#count)
    try {
      const config = { method: 'PUT', url: path, data: sent.stream, headers: headersOf(body) }
      await this.#send(this.#tracking, `PUT ${path}`, config, sent)
    } catch (error) {
      throw sent.problem ?? error
    } finally {
      sent.close()
      free()
    }
  }

  /**
   * Uploads a part of a body to the address that a server signed for it. Nothing of ours goes there but the bytes.
   *
   * @returns the header `etag` of the answer
   * @throws MlflowError, or whatever reading the body throws
   */
  async putPart(
    address: string,
    headers: Readonly<Record<string, string>>,
    body: UploadBody,
  ): Promise<string> {
    const what = `PUT of a part to ${new URL(address).host}`
    const sent = new SentBody(body, this.#timeout, this.#count)
    try {
      const answer = await axios.request<ArrayBuffer>({
        method: 'PUT',
        url: address,
        data: sent.stream,
        headers: { ...headersOf(body), ...headers },
        responseType: 'arraybuffer',
        maxBodyLength: Infinity,
        maxRedirects: 0,
        validateStatus: null,
        signal: sent.begin(),
      })
      if (answer.status < 200 || answer.status >= 300)
        throw refusal({
          what,
          status: answer.status,
          body: Buffer.from(answer.data).toString('utf8'),
          retryAfter: undefined,
          location: undefined,
          identity: { by: 'nothing' },
        })
      const etag: unknown = answer.headers['etag']
      return typeof etag === 'string' ? etag : ''
    } catch (error) {
      throw sent.problem ?? (error instanceof MlflowError ? error : noAnswer(what, error))
    } finally {
      sent.close()
    }
  }

  /**
   * Fetches a file of the tracking server piece by piece, so that it is never in memory as a whole. The timeout counts from
   * the last piece that came.
   *
   * @throws MlflowError, or whatever writing the file throws
   */
  async download(path: string, file: string): Promise<void> {
    const what = `GET ${path}`
    const free = await this.#slots.take()
    const body = new ReceivedBody(this.#timeout)
    const target = this.#tracking
    try {
      this.#calls++
      const { headers, identity, tls } = await this.#introduction(target, what, body.signal)
      const answer = await this.#axios.request<Readable>({
        method: 'GET',
        url: path,
        baseURL: target.base,
        httpsAgent: this.#httpsAgent(tls),
        headers,
        responseType: 'stream',
        signal: body.signal,
      })
      if (answer.status === 200) return await body.write(answer.data, file)
      if (answer.status === 401 || answer.status === 403) this.#access.renew()
      throw refusal({
        what,
        status: answer.status,
        body: await body.text(answer.data),
        retryAfter: undefined,
        location: undefined,
        identity,
      })
    } catch (error) {
      throw body.problem ?? (error instanceof MlflowError ? error : noAnswer(what, error))
    } finally {
      body.close()
      free()
    }
  }

  /** Closes the kept connections. */
  close(): void {
    this.#httpAgent.destroy()
    for (const { agent } of this.#httpsAgents) agent.destroy()
  }

  async #send(target: Target, what: string, config: Outgoing, sent?: SentBody): Promise<Buffer> {
    const free = await this.#slots.take()
    try {
      this.#calls++
      const { status, data, header, identity } = await this.#answer(target, what, config, sent)
      const body = Buffer.from(data)
      if (status >= 200 && status < 300) return body
      if (status === 401 || status === 403) this.#access.renew()
      throw refusal({
        what,
        status,
        body: body.toString('utf8'),
        retryAfter: header('retry-after'),
        location: header('location'),
        identity,
      })
    } finally {
      free()
    }
  }

  async #answer(
    target: Target,
    what: string,
    config: Outgoing,
    sent: SentBody | undefined,
  ): Promise<Answer> {
    // covers a provider of headers, connecting, and a body that never ends, which axios' own timeout does not
    const signal = sent?.begin() ?? AbortSignal.timeout(this.#timeout)
    const { headers, identity, tls } = await this.#introduction(target, what, signal)
    try {
      const {
        status,
        data,
        headers: answered,
      } = await this.#axios.request<ArrayBuffer>({
        ...config,
        baseURL: target.base,
        httpsAgent: this.#httpsAgent(tls),
        headers: { ...headers, ...config.headers },
        responseType: 'arraybuffer',
        signal,
      })
      const header = (name: string): string | undefined => {
        const value: unknown = answered[name]
        return typeof value === 'string' ? value : undefined
      }
      return { status, data, header, identity }
    } catch (error) {
      const failure = noAnswer(what, error)
      if (failure.pauses) this.#access.renew()
      throw failure
    }
  }

  /** How we introduce ourselves: the project's own headers, and over them the credentials. */
  async #introduction(
    target: Target,
    what: string,
    signal: AbortSignal,
  ): Promise<{
    readonly headers: Readonly<Record<string, string>>
    readonly identity: Identity
    readonly tls: TlsMaterial
  }> {
    try {
      const [credentials, own] = await orTimeout(
        Promise.all([this.#access.credentials(), this.#access.headers()]),
        signal,
      )
      const { authorization, identity } = target.authorize(credentials)
      const hasOwn = Object.keys(own).length > 0
      return {
        headers: { ...own, ...(authorization !== undefined && { authorization }) },
        identity: identity.by === 'nothing' && hasOwn ? { by: 'headers' } : identity,
        tls: credentials.tls,
      }
    } catch (error) {
      throw noHeaders(what, error)
    }
  }

  #httpsAgent(tls: TlsMaterial): HttpsAgent {
    const known = this.#httpsAgents.at(-1)
    if (known?.tls === tls) return known.agent
    const { ca, ...rest } = tls
    const agent = new HttpsAgent({
      keepAlive: true,
      maxSockets: this.#inFlight,
      ...rest,
      ...(ca !== undefined && { ca: [...ca] }),
    })
    this.#httpsAgents.push({ tls, agent })
    return agent
  }
}

function orTimeout<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const expire = (): void => reject(new Error('it took too long'))
    signal.addEventListener('abort', expire, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', expire))
  })
}

function headersOf({ mediaType, length }: UploadBody): Record<string, string> {
  return {
    'content-type': mediaType,
    ...(length !== undefined && { 'content-length': String(length) }),
  }
}
