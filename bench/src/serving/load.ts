import { Agent, request } from 'node:http'

/** What a load came to. */
export interface Load {
  /** Of each request, in ms. */
  readonly latencies: readonly number[]
  /** From the first request to the last answer, in ms. */
  readonly elapsed: number
}

/** Sends bodies in turn for a time, `concurrency` at once, each when the one before it was answered. */
export async function load(
  port: number,
  bodies: readonly string[],
  { concurrency, milliseconds }: { readonly concurrency: number; readonly milliseconds: number },
): Promise<Load> {
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency })
  const latencies: number[] = []
  const started = performance.now()
  const deadline = started + milliseconds
  let next = 0
  const client = async (): Promise<void> => {
    while (performance.now() < deadline) {
      const sent = performance.now()
      await post(port, bodies[next++ % bodies.length] ?? '', agent)
      latencies.push(performance.now() - sent)
    }
  }
  await Promise.all(Array.from({ length: concurrency }, client))
  agent.destroy()
  return { latencies, elapsed: performance.now() - started }
}

/** Sends one request and returns the text of its answer. */
export function post(port: number, body: string, agent?: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        host: '127.0.0.1',
        port,
        path: '/invocations',
        method: 'POST',
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
        ...(agent && { agent }),
      },
      (incoming) => {
        const chunks: Buffer[] = []
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
        incoming.on('error', reject)
        incoming.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8')
          if (incoming.statusCode === 200) resolve(text)
          else reject(new Error(`${incoming.statusCode}: ${text.slice(0, 500)}`))
        })
      },
    )
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}
