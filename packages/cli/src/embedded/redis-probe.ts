import { createConnection } from 'node:net'

const TIMEOUT_MS = 2_000

/** What a Redis at an address says of itself. */
export interface RedisProbe {
  readonly state: 'ready' | 'starting'
  /** Its process id; `undefined` when nothing that knows the password answers there. */
  readonly pid?: number
}

/**
 * Asks the server on 127.0.0.1 who it is. Only the one that was started with `password` answers, so
 * a server of somebody else on a port that was given away since is not taken for ours.
 */
export async function probeRedis(port: number, password: string): Promise<RedisProbe> {
  const reply = await converse(port, `AUTH ${password}\r\nINFO\r\nQUIT\r\n`)
  if (!reply.startsWith('+OK')) return { state: 'starting' }
  const pid = /^process_id:(\d+)/m.exec(reply)?.[1]
  const isLoading = !/^loading:0/m.test(reply)
  return { state: isLoading ? 'starting' : 'ready', ...(pid && { pid: Number(pid) }) }
}

function converse(port: number, request: string): Promise<string> {
  return new Promise((resolve) => {
    let reply = ''
    const socket = createConnection({ host: '127.0.0.1', port })
    socket.setEncoding('utf8')
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy())
    socket.on('connect', () => socket.write(request))
    socket.on('data', (chunk: string) => (reply += chunk))
    // Refused, reset or timed out: there is no answer, and that is the answer.
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(reply))
  })
}
