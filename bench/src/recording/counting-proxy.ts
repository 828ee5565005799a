import { once } from 'node:events'
import {
  Agent,
  createServer,
  request,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'

/** One request that came by, and what was answered. */
export interface Call {
  readonly method: string
  /** Path and query. */
  readonly path: string
  readonly contentType: string | undefined
  readonly body: Buffer
  readonly status: number
  readonly answer: Buffer
}

/** A server before MLflow that passes everything on and keeps it, so that the calls can be counted and sent again. */
export interface CountingProxy {
  readonly uri: string
  /** What came by since the last time. */
  take(): readonly Call[]
  close(): Promise<void>
}

/** Starts one before the server at `target`. */
export async function startCountingProxy(target: string): Promise<CountingProxy> {
  const calls: Call[] = []
  // A connection that MLflow closes just as it is used again would look like an outage, and be answered with more calls.
  const agent = new Agent({ keepAlive: false })
  const server = createServer((incoming, outgoing) => {
    pass(target, agent, incoming, outgoing).then(
      (call) => calls.push(call),
      () => outgoing.destroy(),
    )
  })
  server.keepAliveTimeout = 120_000
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  // A TCP server's address is never a path.
  const { port } = server.address() as AddressInfo
  return {
    uri: `http://127.0.0.1:${port}`,
    take: () => calls.splice(0),
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      agent.destroy()
      await closed
    },
  }
}

async function pass(
  target: string,
  agent: Agent,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<Call> {
  const { method = 'GET', url: path = '/', headers } = incoming
  const body = await whole(incoming)
  const answer = await send(target, agent, { method, path, headers, body })
  outgoing.writeHead(answer.status, answer.headers).end(answer.body)
  const { status } = answer
  return {
    method,
    path,
    contentType: headers['content-type'],
    body,
    status,
    answer: answer.body,
  }
}

/** What {@link send} sends. */
export interface Sent {
  readonly method: string
  readonly path: string
  readonly headers: OutgoingHttpHeaders
  readonly body: Buffer
}

/** Sends a request with nothing between here and the socket but Node's own client. */
export async function send(
  target: string,
  agent: Agent,
  { method, path, headers, body }: Sent,
): Promise<{
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}> {
  const { 'transfer-encoding': _chunked, connection: _connection, ...rest } = headers
  const outgoing = request(`${target}${path}`, {
    method,
    agent,
    headers: { ...rest, host: new URL(target).host, 'content-length': body.byteLength },
  })
  outgoing.end(body)
  const [answer] = await once(outgoing, 'response')
  const received = await whole(answer)
  return { status: answer.statusCode ?? 0, headers: answer.headers, body: received }
}

async function whole(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks)
}
