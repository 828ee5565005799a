import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

/** A way to a Redis that can be slow, that can break, and that can lead elsewhere. */
export interface Link {
  readonly url: string
  /** Milliseconds that each piece of data takes, either way. Default: none. */
  delay: () => number
  /** Leads new connections to another server. Those that are there stay. */
  lead(url: string): void
  /** Resets all connections. */
  reset(): void
  close(): Promise<void>
}

/** Opens a way to the Redis at `target`. */
export async function openLink(target: string): Promise<Link> {
  let port = portOf(target)
  const sockets = new Set<Socket>()
  const link = { delay: () => 0 }
  const server = createServer((client) => {
    const redis = connect(port, '127.0.0.1')
    for (const socket of [client, redis]) {
      sockets.add(socket)
      socket.setNoDelay(true)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        sockets.delete(socket)
        client.destroy()
        redis.destroy()
      })
    }
    forward(client, redis, () => link.delay())
    forward(redis, client, () => link.delay())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return Object.assign(link, {
    url: `redis://127.0.0.1:${addressOf(server.address())}`,
    lead(url: string) {
      port = portOf(url)
    },
    reset() {
      for (const socket of sockets) socket.resetAndDestroy()
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  })
}

/** What was sent first arrives first, however long each takes. */
function forward(from: Socket, to: Socket, delay: () => number): void {
  let before = Promise.resolve()
  from.on('data', (data) => {
    const time = delay()
    const due = new Promise((resolve) => setTimeout(resolve, time))
    before = Promise.all([before, due]).then(() => void (to.writable && to.write(data)))
  })
}

function portOf(url: string): number {
  return Number(new URL(url).port)
}

function addressOf(address: ReturnType<ReturnType<typeof createServer>['address']>): number {
  if (address === null || typeof address === 'string') throw new Error('the link has no port')
  return address.port
}
