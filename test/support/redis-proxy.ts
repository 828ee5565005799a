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
  /** Forwards nothing any more and closes nothing, as a network that drops packets; `true` ends it, and what waited goes on. */
  readonly partition: (ended?: boolean) => void
  /** Redis' side of all connections closes and the other side hears nothing of it, as after a long partition. */
  readonly halfOpen: () => void
  close(): Promise<void>
}

/** Both sides of a connection. */
interface Pair {
  readonly client: Socket
  readonly redis: Socket
  forgotten: boolean
}

interface Network extends Pick<RedisProxy, 'partition' | 'halfOpen'> {
  /** Closes each side of a connection when the other one does. */
  join(client: Socket, redis: Socket): void
}

function openNetwork(): Network {
  const pairs = new Set<Pair>()
  let parted = false
  const arrange = ({ client, redis, forgotten }: Pair): void => {
    if (forgotten) return
    for (const socket of [client, redis]) {
      if (parted) socket.pause()
      else socket.resume()
    }
  }
  return {
    join(client, redis) {
      const pair: Pair = { client, redis, forgotten: false }
      pairs.add(pair)
      client.on('error', () => undefined)
      redis.on('error', () => undefined)
      client.on('close', () => {
        pairs.delete(pair)
        redis.destroy()
      })
      redis.on('close', () => {
        if (!pair.forgotten) client.destroy()
      })
      arrange(pair)
    },
    partition(ended = false) {
      parted = !ended
      for (const pair of pairs) arrange(pair)
    },
    halfOpen() {
      for (const pair of pairs) {
        pair.forgotten = true
        pair.client.pause()
        pair.redis.destroy()
      }
    },
  }
}

/** Starts a proxy to the Redis at `target`. */
export async function redisProxy(target: string): Promise<RedisProxy> {
  const { hostname, port, username, password } = new URL(target)
  let wanted: { digest: string; left: number } | undefined
  let cut = 0
  const sockets = new Set<Socket>()
  const network = openNetwork()
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
    network.join(client, redis)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port')
  return {
    url: `redis://${password === '' ? '' : `${username}:${password}@`}127.0.0.1:${address.port}`,
    get cut() {
      return cut
    },
    cutReplies(script, times) {
      wanted = { digest: createHash('sha1').update(scriptText(script)).digest('hex'), left: times }
    },
    partition: network.partition,
    halfOpen: network.halfOpen,
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
