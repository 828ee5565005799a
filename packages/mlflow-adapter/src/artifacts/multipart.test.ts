import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

import { afterEach, describe, expect, test } from 'vitest'
import * as z from 'zod'

import { Http } from '../http.ts'
import { silent } from '../log.ts'
import type { UploadBody } from '../upload-body.ts'
import { ArtifactStore } from './artifact-store.ts'
import { SourceError } from './source.ts'

const closing: (() => void)[] = []
afterEach(() => closing.splice(0).forEach((close) => close()))

/** A server with uploads in parts, as MLflow has before S3, and the storage behind it. */
class PartServer {
  /** Files that are whole. */
  readonly files = new Map<string, Buffer>()
  /** Requests in order; parts as their number and size. */
  readonly calls: string[] = []
  /** Headers of the parts. */
  readonly authorizations: (string | undefined)[] = []
  refuses = ''
  readonly #parts = new Map<string, Buffer>()
  #port = 0

  async start(): Promise<ArtifactStore> {
    const server = createServer((request, response) => {
      this.#handle(request, response).catch(() => response.destroy())
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    // a TCP server's address is never a path
    this.#port = (server.address() as AddressInfo).port
    const http = new Http({
      uri: `http://user:secret@127.0.0.1:${this.#port}`,
      timeout: 5000,
      inFlight: 4,
    })
    closing.push(() => {
      http.close()
      server.close()
    })
    return new ArtifactStore({
      http,
      persistence: { call: (operation) => operation() },
      location: async () => 'mlflow-artifacts:/7',
      log: silent,
      partsFrom: 1000,
      partSize: 400,
    })
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const pieces: Buffer[] = []
    for await (const piece of request) pieces.push(Buffer.from(piece))
    const body = Buffer.concat(pieces)
    const path = decodeURIComponent(request.url ?? '').replace(
      /^\/(api\/2.0\/mlflow-artifacts\/)?/,
      '',
    )
    const [kind = '', verb = ''] = path.split('/')
    const call =
      kind === 'mpu' ? verb : kind === 'part' ? `part ${verb}` : `${request.method} ${kind}`
    this.calls.push(kind === 'part' ? `${call}: ${body.length}` : call)
    if (this.refuses !== '' && call.startsWith(this.refuses)) {
      response.writeHead(501, { 'content-type': 'application/json' })
      response.end('{"error_code":"NOT_IMPLEMENTED","message":"no"}')
      return
    }
    if (kind === 'part') {
      this.authorizations.push(request.headers.authorization)
      this.#parts.set(verb, body)
      response.writeHead(200, { etag: `"${verb}"` }).end()
      return
    }
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(this.#answer(path, verb, body)))
  }

  #answer(path: string, verb: string, body: Buffer): unknown {
    if (path.endsWith('server-info')) return { multipart_uploads_enabled: true }
    if (path.startsWith('artifacts/')) this.files.set(path.slice('artifacts/'.length), body)
    if (verb === 'create') return this.#create(body)
    if (verb === 'complete') this.#complete(path.slice('mpu/complete/'.length), body)
    return {}
  }

  #create(body: Buffer): unknown {
    const { num_parts } = z.object({ num_parts: z.int() }).parse(JSON.parse(body.toString()))
    const credentials = Array.from({ length: num_parts }, (_, at) => ({
      url: `http://127.0.0.1:${this.#port}/part/${at + 1}`,
      // int64 as protobuf's JSON has it
      part_number: String(at + 1),
      headers: {},
    }))
    return { upload_id: 'u1', credentials: credentials.toReversed() }
  }

  #complete(folder: string, body: Buffer): void {
    const Part = z.object({ part_number: z.int(), etag: z.string() })
    const Complete = z.object({
      path: z.string(),
      upload_id: z.literal('u1'),
      parts: z.array(Part),
    })
    const { path, parts } = Complete.parse(JSON.parse(body.toString()))
    const contents = parts.map(({ part_number, etag }) => {
      if (etag !== `"${part_number}"`) throw new Error(`part ${part_number} came with ${etag}`)
      return this.#parts.get(String(part_number)) ?? Buffer.alloc(0)
    })
    this.files.set(`${folder}/${path}`, Buffer.concat(contents))
  }
}

const content = Buffer.from(Array.from({ length: 1234 }, (_, at) => at % 251))
async function* pieceOf(): AsyncGenerator<Uint8Array> {
  yield content.subarray(0, 3)
}

const body: UploadBody = {
  async *open() {
    for (let at = 0; at < content.length; at += 100) yield content.subarray(at, at + 100)
  },
  length: content.length,
  mediaType: 'application/octet-stream',
}

describe('a large body, where the server has uploads in parts', () => {
  test('goes in parts past the server, and our credentials do not', async () => {
    const server = new PartServer()
    const store = await server.start()
    expect(await store.put('run1', 'models/model.bin', body)).toBe(true)
    expect(server.calls.slice(1)).toEqual([
      'create',
      'part 1: 400',
      'part 2: 400',
      'part 3: 400',
      'part 4: 34',
      'complete',
    ])
    expect(server.files.get('7/run1/artifacts/models/model.bin')).toEqual(content)
    expect(server.authorizations).toEqual([undefined, undefined, undefined, undefined])
  })

  test.each(['create', 'part 3'])('goes whole when the server refuses: %s', async (refuses) => {
    const server = new PartServer()
    const store = await server.start()
    server.refuses = refuses
    expect(await store.put('run1', 'model.bin', body)).toBe(true)
    expect(server.files.get('7/run1/artifacts/model.bin')).toEqual(content)
    expect(server.calls.includes('abort')).toBe(refuses === 'part 3')
    // and so does the next one
    const before = server.calls.length
    await store.put('run1', 'other.bin', body)
    expect(server.calls.slice(before)).toEqual(['PUT artifacts'])
  })

  test('that turns out to be another one at its end leaves no file', async () => {
    const server = new PartServer()
    const store = await server.start()
    const torn: UploadBody = {
      ...body,
      async *open() {
        yield content.subarray(0, 1200)
        throw new SourceError('not what was committed')
      },
    }
    await expect(store.put('run1', 'model.bin', torn)).rejects.toThrow('not what was committed')
    expect(server.files.size).toBe(0)
    expect(server.calls.at(-1)).toBe('abort')
  })
})

test('a small body goes whole, and nobody is asked for parts', async () => {
  const server = new PartServer()
  const store = await server.start()
  await store.put('run1', 'small.bin', { ...body, open: pieceOf, length: 3 })
  expect(server.calls).toEqual(['PUT artifacts'])
})
