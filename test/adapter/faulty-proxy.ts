import {
  createServer,
  request,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** What the proxy does with one request. */
export type Fault =
  | 'pass'
  /** The server carries the request out, but its answer never arrives. */
  | 'cut'
  | 'hang'
  /** The server carries the request out, but half of its answer is missing. */
  | 'truncate'
  | {
      readonly status: number
      readonly body: string
      readonly headers?: Readonly<Record<string, string>>
    }
  /** The answer comes so many milliseconds late. */
  | { readonly late: number }

/** A server that stands before MLflow and spoils what the test says. */
export interface FaultyProxy {
  readonly uri: string
  /** Decides over each request, of which it is told method and path, and the body. */
  decide: (call: string, body: string) => Fault
  /** Every request so far: method and path. */
  readonly calls: readonly string[]
  /** Most requests that were under way at once. */
  readonly mostAtOnce: number
  /** Stops listening, so that connections are refused. */
  down(): Promise<void>
  /** Listens again, at the same address. */
  up(): Promise<void>
}

/** Starts a proxy before `target`. */
export async function startFaultyProxy(target: string): Promise<FaultyProxy> {
  const calls: string[] = []
  let atOnce = 0
  let mostAtOnce = 0
  const handle = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    mostAtOnce = Math.max(mostAtOnce, ++atOnce)
    outgoing.on('close', () => atOnce--)
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(Buffer.from(chunk))
    const body = Buffer.concat(chunks)
    const call = `${incoming.method} ${incoming.url}`
    calls.push(call)
    const fault = proxy.decide(call, body.toString())
    if (fault === 'hang') return
    if (typeof fault === 'object' && 'status' in fault) {
      const headers = { 'content-type': 'application/json', ...fault.headers }
      outgoing.writeHead(fault.status, headers).end(fault.body)
      return
    }
    const answer = await forward(target, incoming, body)
    if (fault === 'cut') {
      outgoing.destroy()
      return
    }
    if (typeof fault === 'object') await sleep(fault.late)
    const whole =
      fault === 'truncate' ? answer.body.subarray(0, answer.body.length / 2) : answer.body
    outgoing.writeHead(answer.status, { 'content-type': answer.type }).end(whole)
  }
  let server = listening(handle)
  const port = await listen(server, 0)
  const proxy: FaultyProxy = {
    uri: `http://127.0.0.1:${port}`,
    decide: () => 'pass',
    calls,
    get mostAtOnce() {
      return mostAtOnce
    },
    down: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
    async up() {
      server = listening(handle)
      await listen(server, port)
    },
  }
  return proxy
}

function listening(
  handle: (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void>,
): Server {
  return createServer((incoming, outgoing) => {
    handle(incoming, outgoing).catch(() => outgoing.destroy())
  })
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      // a TCP server's address is never a path
      resolve((server.address() as AddressInfo).port)
    })
  })
}

function forward(
  target: string,
  incoming: IncomingMessage,
  body: Buffer,
): Promise<{ readonly status: number; readonly type: string; readonly body: Buffer }> {
  return new Promise((resolve, reject) => {
    const headers = { ...incoming.headers, host: new URL(target).host }
    const outgoing = request(
      `${target}${incoming.url}`,
      { method: incoming.method, headers },
      (answer) => {
        const chunks: Buffer[] = []
        answer.on('data', (chunk: Buffer) => chunks.push(chunk))
        answer.on('error', reject)
        answer.on('end', () =>
          resolve({
            status: answer.statusCode ?? 502,
            type: answer.headers['content-type'] ?? 'text/plain',
            body: Buffer.concat(chunks),
          }),
        )
      },
    )
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}
