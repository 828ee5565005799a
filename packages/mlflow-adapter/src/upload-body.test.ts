import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

import { afterEach, describe, expect, test } from 'vitest'

import { Http } from './http.ts'
import type { UploadBody } from './upload-body.ts'

const mebibyte = 1024 * 1024
const closing: (() => void)[] = []
afterEach(() => closing.splice(0).forEach((close) => close()))

/** A server that takes uploads as `take` says, and a client of it. */
async function serverWith(
  take: (body: AsyncIterable<Buffer>) => Promise<number>,
  timeout = 5000,
): Promise<Http> {
  const server = createServer((request, response) => {
    take(request).then(
      (status) => response.writeHead(status).end('{}'),
      () => response.destroy(),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // a TCP server's address is never a path
  const { port } = server.address() as AddressInfo
  const http = new Http({ uri: `http://127.0.0.1:${port}`, timeout, inFlight: 4 })
  closing.push(() => {
    http.close()
    server.closeAllConnections()
    server.close()
  })
  return http
}

/** A body of so many pieces that counts those that were taken. */
function counted(pieces: number, piece: () => Promise<Uint8Array>): UploadBody & { taken: number } {
  const body = {
    taken: 0,
    mediaType: 'application/octet-stream',
    async *open() {
      for (let at = 0; at < pieces; at++) {
        body.taken++
        yield await piece()
      }
    },
  }
  return body
}

async function drain(request: AsyncIterable<Buffer>): Promise<void> {
  const pieces = request[Symbol.asyncIterator]()
  while ((await pieces.next()).done !== true);
}

describe('an upload', () => {
  test('is read only as fast as the server takes it, and arrives whole', async () => {
    const body = counted(100, async () => new Uint8Array(mebibyte))
    let ahead = 0
    let bytes = 0
    const http = await serverWith(async (request) => {
      for await (const piece of request) {
        bytes += piece.length
        ahead = Math.max(ahead, body.taken - bytes / mebibyte)
      }
      return 200
    })
    await http.upload('/file', body)
    expect(bytes).toBe(100 * mebibyte)
    // what sockets and streams hold in between, whatever the size of the whole
    expect(ahead).toBeLessThan(40)
  })

  test('may take longer than a call, as long as it goes on', async () => {
    const http = await serverWith(async (request) => {
      await drain(request)
      return 200
    }, 2000)
    const body = counted(22, async () => {
      await sleep(100)
      return new Uint8Array(10)
    })
    await http.upload('/file', body)
    expect(body.taken).toBe(22)
  })

  test('that does not go on ends as unanswered, and can be repeated', async () => {
    const http = await serverWith(() => new Promise(() => {}), 200)
    const body = counted(1000, async () => new Uint8Array(mebibyte))
    await expect(http.upload('/file', body)).rejects.toMatchObject({
      code: 'MLFLOW_UNREACHABLE',
      retryable: true,
    })
  })

  test('whose body cannot be read fails with what the body says', async () => {
    const http = await serverWith(async (request) => {
      await drain(request)
      return 200
    })
    const body = counted(3, async () => {
      if (body.taken === 2) throw new TypeError('torn')
      return new Uint8Array(10)
    })
    await expect(http.upload('/file', body)).rejects.toThrow('torn')
  })

  test('that is refused before its end says so', async () => {
    const http = await serverWith(async () => 400)
    const body = counted(100, async () => new Uint8Array(mebibyte))
    await expect(http.upload('/file', body)).rejects.toMatchObject({ name: 'MlflowError' })
  })
})
