import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

import { scriptText, type ScriptName } from '@pipewright/engine/internal'

/** A proxy before Redis that can cut a connection after a script has run and before its reply gets through. */
export interface RedisProxy {
  readonly url: string
  /** Cuts the reply of the next call of a script, `times` times in all. */
  cutReplies(script: ScriptName, times: number): void
  /** How many replies were cut. */
  readonly cut: number
  close(): Promise<void>
}

/** Starts a proxy to the Redis at `target`. */
export async function redisProxy(target: string): Promise<RedisProxy> {
  const { hostname, port, username, password } = new URL(target)
  let wanted: { digest: string; left: number } | undefined
  let cut = 0
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const redis = connect(Number(port), hostname)
    let doomed = false
    sockets.add(client)
    sockets.add(redis)
    client.on('data', (data) => {
      if (wanted !== undefined && wanted.left > 0 && data.includes(wanted.digest)) {
        wanted.left -= 1
        doomed = true
      }
      redis.write(data)
    })
    redis.on('data', (data) => {
      // An unknown script is sent again in full: that call is the one to cut.
      if (doomed && data.includes('NOSCRIPT')) {
        doomed = false
        if (wanted !== undefined) wanted.left += 1
      }
      if (!doomed) {
        client.write(data)
        return
      }
      cut += 1
      client.destroy()
      redis.destroy()
    })
    for (const [one, other] of [
      [client, redis],
      [redis, client],
    ] as const) {
      one.on('error', () => undefined)
      one.on('close', () => other.destroy())
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port')
  return {
    url: `redis://${username}:${password}@127.0.0.1:${address.port}`,
    get cut() {
      return cut
    },
    cutReplies(script, times) {
      wanted = { digest: createHash('sha1').update(scriptText(script)).digest('hex'), left: times }
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
