import { connect, createServer, type AddressInfo } from 'node:net'

/** A proxy that counts what goes through it. */
export interface CountingProxy {
  readonly uri: string
  /** Bytes that clients have sent so far. */
  readonly sent: number
  close(): void
}

/** Starts one before an HTTP server. */
export async function startCountingProxy(target: string): Promise<CountingProxy> {
  const { hostname, port } = new URL(target)
  let sent = 0
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname)
    client.on('data', (bytes: Buffer) => {
      sent += bytes.length
    })
    client.pipe(upstream).pipe(client)
    for (const socket of [client, upstream])
      socket.on('error', () => {
        client.destroy()
        upstream.destroy()
      })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // a TCP server's address is never a path
  const address = server.address() as AddressInfo
  return {
    uri: `http://127.0.0.1:${address.port}`,
    get sent() {
      return sent
    },
    close: () => void server.close(),
  }
}
