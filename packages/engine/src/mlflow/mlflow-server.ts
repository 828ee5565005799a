import { request as requestHttp, type IncomingMessage } from 'node:http'
import { request as requestHttps, type RequestOptions } from 'node:https'

import * as z from 'zod'

import { InfrastructureError } from '../errors.ts'

/** How an MLflow is reached. */
export interface MlflowAddress {
  /** `http://…` or `https://…`; a path before `/api` is kept. */
  readonly uri: string
  readonly headers: Readonly<Record<string, string>>
  readonly tls: Pick<RequestOptions, 'ca' | 'cert' | 'key' | 'rejectUnauthorized'>
  /** Longest wait for one answer, in ms. */
  readonly timeout: number
}

const Refusal = z.object({ error_code: z.string(), message: z.string().default('') })

/** Reads from an MLflow server. */
export class MlflowServer {
  readonly #address: MlflowAddress
  readonly #base: string

  constructor(address: MlflowAddress) {
    this.#address = address
    this.#base = address.uri.replace(/\/+$/, '')
  }

  /**
   * The answer to a question of the REST API (`/api/2.0/mlflow/…`); undefined when what it asks for is not there.
   *
   * @throws InfrastructureError `MLFLOW_UNREACHABLE`, `MLFLOW_DENIED`, `MLFLOW_REFUSED`, `MLFLOW_REPLY_UNREADABLE`
   */
  async ask<T>(
    path: string,
    query: Readonly<Record<string, string>>,
    answer: z.ZodType<T>,
  ): Promise<T | undefined> {
    const what = `GET ${path}`
    const body = await this.bytes(
      `/api/2.0/mlflow/${path}?${new URLSearchParams(query).toString()}`,
    )
    if (body === undefined) return undefined
    try {
      return answer.parse(JSON.parse(body.toString('utf8')))
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message.slice(0, 300) : String(cause)
      throw new InfrastructureError(
        'MLFLOW_REPLY_UNREADABLE',
        `MLflow’s answer to ${what} cannot be read: ${reason}`,
        { hint: 'Something between here and MLflow may answer in its place.', cause },
      )
    }
  }

  /** The content at a path of the server; undefined when there is none. @throws InfrastructureError as `ask` */
  async bytes(path: string): Promise<Buffer | undefined> {
    const what = `GET ${path.split('?')[0]}`
    const { status, body } = await this.#get(path, what)
    if (status === 404) return undefined
    if (status >= 200 && status < 300) return body
    const text = body.toString('utf8')
    const refusal = parseRefusal(text)
    if (refusal?.error_code === 'RESOURCE_DOES_NOT_EXIST') return undefined
    const said = refusal === undefined ? text : `${refusal.error_code}: ${refusal.message}`
    const message = `MLflow answered ${what} with ${status}: ${said.replaceAll(/\s+/g, ' ').slice(0, 300)}`
    if (status === 401 || status === 403)
      throw new InfrastructureError('MLFLOW_DENIED', message, {
        hint: 'Check MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD or MLFLOW_TRACKING_TOKEN of the worker.',
      })
    throw new InfrastructureError('MLFLOW_REFUSED', message, {
      hint: 'Check run id, name and address of the dataset in catalog.yml.',
    })
  }

  async #get(
    path: string,
    what: string,
  ): Promise<{ readonly status: number; readonly body: Buffer }> {
    const url = `${this.#base}${path}`
    const { headers, tls, timeout } = this.#address
    const signal = AbortSignal.timeout(timeout)
    try {
      const answer = await new Promise<IncomingMessage>((resolve, reject) => {
        const request = url.startsWith('https:')
          ? requestHttps(url, { headers, signal, ...tls })
          : requestHttp(url, { headers, signal })
        request.once('response', resolve).once('error', reject).end()
      })
      const chunks: Buffer[] = []
      for await (const chunk of answer) chunks.push(Buffer.from(chunk))
      return { status: answer.statusCode ?? 0, body: Buffer.concat(chunks) }
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new InfrastructureError(
        'MLFLOW_UNREACHABLE',
        `MLflow did not answer ${what}: ${reason}`,
        {
          hint: 'Check MLFLOW_TRACKING_URI and server.mlflow_tracking_uri of mlflow.yml.',
          cause,
        },
      )
    }
  }
}

function parseRefusal(body: string): z.infer<typeof Refusal> | undefined {
  try {
    return Refusal.safeParse(JSON.parse(body)).data
  } catch {
    return undefined
  }
}
