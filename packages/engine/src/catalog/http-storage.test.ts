import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { Secret } from '../config/secret.ts'
import { storageConformance } from '../testing/storage-conformance.ts'
import type { Resolve } from './http-request.ts'
import { HttpStorage } from './http-storage.ts'
import { publicOnly } from './network-policy.ts'

type Answer = (request: IncomingMessage, response: ServerResponse) => void

const objects = new Map<string, Uint8Array>()
const answers = new Map<string, Answer>()
const asked: IncomingMessage[] = []
let server: Server
let origin = ''
const local = { ...publicOnly, allow: ['127.0.0.1'] }

beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(request)
    const path = new URL(request.url ?? '/', 'http://host').pathname
    const answer = answers.get(path) ?? serve
    answer(request, response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  // It listens on a port, not on a pipe.
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => server.close())

/** Serves objects as a plain file server does. */
function serve(request: IncomingMessage, response: ServerResponse): void {
  const { pathname } = new URL(request.url ?? '/', 'http://host')
  const found = objects.get(decodeURIComponent(pathname))
  if (found === undefined) return void response.writeHead(404).end()
  const [, start, end] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? []
  const isPart = start !== undefined && Number(start) < found.byteLength
  const body = isPart ? found.subarray(Number(start), Number(end) + 1) : found
  response.writeHead(isPart ? 206 : 200, { 'content-length': body.byteLength })
  response.end(request.method === 'HEAD' ? undefined : body)
}

function open(
  path = '',
  options: Partial<ConstructorParameters<typeof HttpStorage>[0]> = {},
): HttpStorage {
  return new HttpStorage({ url: new URL(`${origin}${path}`), policy: local, ...options })
}

function compressed(content: Uint8Array): Answer {
  const body = gzipSync(content)
  return (_, response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end(body)
}

function redirect(from: string, to: string, status = 302): void {
  answers.set(from, (_, response) => void response.writeHead(status, { location: to }).end())
}

describe('a storage on the web', () => {
  let opened = 0
  const suite = storageConformance({
    open: async () => open(`/suite-${(opened += 1)}/`),
    close: async () => objects.clear(),
    put: async (storage, path, bytes) => {
      objects.set(`${new URL(storage.url).pathname}/${path}`, bytes)
    },
  })
  test.each(suite)('$name', async ({ run }) => {
    await expect(run()).resolves.toBeUndefined()
  })

  test('sends the query of its address with each request, and never shows it', async () => {
    objects.set('/q/a', Buffer.from('x'))
    const storage = open('/q?sig=s3cr3t')
    await storage.read('a')
    expect(asked.at(-1)?.url).toBe('/q/a?sig=s3cr3t')
    expect(storage.url).toBe(`${origin}/q`)
    answers.set('/q/denied', (_, response) => void response.writeHead(403).end())
    await expect(storage.read('denied')).rejects.toMatchObject({
      code: 'STORAGE_DENIED',
      message: expect.not.stringContaining('s3cr3t'),
    })
  })

  test('reads from a server that knows neither HEAD nor ranges', async () => {
    const body = Buffer.from('0123456789')
    answers.set('/plain', (request, response) => {
      if (request.method === 'HEAD') response.writeHead(405).end()
      else response.end(body)
    })
    const storage = open()
    expect(await storage.exists('plain')).toBe(true)
    const parts: Uint8Array[] = []
    for await (const piece of (await storage.stream('plain', { start: 3, end: 6 })) ?? [])
      parts.push(piece)
    expect(Buffer.concat(parts).toString()).toBe('345')
  })

  test('takes what is compressed, up to its limit', async () => {
    answers.set('/good', compressed(Buffer.from('good')))
    answers.set('/bomb', compressed(Buffer.alloc(40 * 2 ** 20)))
    expect(String(Buffer.from((await open().read('good')) ?? []))).toBe('good')
    await expect(open().read('bomb')).rejects.toMatchObject({ code: 'STORAGE_TOO_LARGE' })
    const small = open('', { policy: { ...local, maxBytes: 3 } })
    await expect(small.read('good')).rejects.toMatchObject({ code: 'STORAGE_TOO_LARGE' })
  })

  test.each([
    [500, 'STORAGE_FAILED'],
    [503, 'STORAGE_FAILED'],
    [429, 'STORAGE_FAILED'],
    [401, 'STORAGE_DENIED'],
    [403, 'STORAGE_DENIED'],
    [400, 'STORAGE_DENIED'],
  ])('tells a passing trouble from a refusal: %s', async (status, code) => {
    answers.set('/trouble', (_, response) => void response.writeHead(status).end('details'))
    await expect(open().read('trouble')).rejects.toMatchObject({ code })
  })

  test('says when a body is cut, and when nobody listens', async () => {
    answers.set('/cut', (_, response) => {
      response.writeHead(200, { 'content-length': 1000 })
      response.write('part', () => response.destroy())
    })
    await expect(open().read('cut')).rejects.toMatchObject({ code: 'STORAGE_FAILED' })
    const nobody = new HttpStorage({ url: new URL('http://127.0.0.1:9'), policy: local })
    await expect(nobody.read('a')).rejects.toMatchObject({
      code: 'STORAGE_FAILED',
      message: expect.stringContaining('http://127.0.0.1:9/a'),
    })
  })
})

describe('credentials', () => {
  test.each([
    [{ username: 'ann', password: 's3cr3t!' }, { authorization: `Basic ${btoa('ann:s3cr3t!')}` }],
    [{ token: 't0k3n!!' }, { authorization: 'Bearer t0k3n!!' }],
    [{ headers: { 'X-Api-Key': 'k3y!!!' } }, { 'x-api-key': 'k3y!!!' }],
  ])('are sent as headers', async (entry, headers) => {
    objects.set('/a', Buffer.from('x'))
    await open('', { credentials: () => new Secret(entry) }).read('a')
    expect(asked.at(-1)?.headers).toMatchObject(headers)
  })

  test.each([[{ pasword: 's3cr3t!' }], [{ headers: 's3cr3t!' }], [['s3cr3t!']], ['s3cr3t!']])(
    'that cannot be used are refused without showing them',
    async (entry) => {
      const error = await open('', { credentials: () => new Secret(entry) })
        .read('a')
        .catch((reason: unknown) => reason)
      expect(error).toMatchObject({ code: 'CREDENTIALS_INVALID' })
      expect(JSON.stringify(error) + String(error)).not.toContain('s3cr3t!')
    },
  )

  test('stay with the origin that they are for', async () => {
    const other = createServer((request, response) => {
      asked.push(request)
      response.end('moved')
    }).listen(0, '127.0.0.1')
    await once(other, 'listening')
    const port = String((other.address() as AddressInfo).port)
    redirect('/away', `http://user:pw@127.0.0.1:${port}/b`)
    const storage = open('', { credentials: () => new Secret({ token: 't0k3n!!' }) })
    expect(String(Buffer.from((await storage.read('away')) ?? []))).toBe('moved')
    expect(asked.at(-1)?.headers.host).toBe(`127.0.0.1:${port}`)
    expect(asked.at(-1)?.headers.authorization).toBeUndefined()
    other.close()
  })
})

/** A name with an address outside and one inside. */
const half: Resolve = async () => [
  { address: '93.184.215.14', family: 4 },
  { address: '10.0.0.1', family: 4 },
]

describe('a request', () => {
  const refused = expect.objectContaining({ code: 'STORAGE_ADDRESS_REFUSED' })
  const none = { policy: publicOnly }

  test.each([
    'http://127.0.0.1/',
    'http://localhost/',
    'http://2130706433/',
    'http://0x7f.1/',
    'http://017700000001/',
    'http://127.1/',
    'http://0/',
    'http://[::1]/',
    'http://[::]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[64:ff9b::7f00:1]/',
    'http://169.254.169.254/latest/meta-data/',
    'http://10.0.0.1/',
    'http://192.168.1.1/',
    'http://[fd00::1]/',
    'http://[fe80::1]/',
    'http://127.0.0.1./',
  ])('does not go to %s', async (address) => {
    const storage = new HttpStorage({ url: new URL(address), ...none })
    await expect(storage.read('a')).rejects.toEqual(refused)
  })

  test('does not go where a public name leads inside', async () => {
    const storage = new HttpStorage({
      url: new URL('http://data.example.org/'),
      ...none,
      resolve: half,
    })
    await expect(storage.read('a')).rejects.toEqual(refused)
  })

  test('goes to the address that was checked: a name is looked up once', async () => {
    objects.set('/rebound', Buffer.from('x'))
    let lookups = 0
    // What an attacker's name server does: a good address first, then one inside.
    const resolve: Resolve = async () => [
      { address: (lookups += 1) === 1 ? '127.0.0.1' : '169.254.169.254', family: 4 },
    ]
    const url = new URL(origin.replace('127.0.0.1', 'data.example.org'))
    const storage = new HttpStorage({ url, policy: local, resolve })
    expect(await storage.read('rebound')).toHaveLength(1)
    expect(lookups).toBe(1)
    await expect(storage.read('rebound')).rejects.toEqual(refused)
  })

  test('follows a redirect after it was checked like an address', async () => {
    objects.set('/there', Buffer.from('x'))
    redirect('/here', '/there')
    expect(await open().read('here')).toHaveLength(1)
    redirect('/inside', 'http://169.254.169.254/latest/meta-data/')
    await expect(open().read('inside')).rejects.toEqual(refused)
  })

  test.each([
    ['file:///etc/passwd', 'no web address'],
    ['gopher://127.0.0.1/', 'no web address'],
    ['http://[', 'no web address'],
  ])('does not follow a redirect to %s', async (target, reason) => {
    redirect('/odd', target)
    await expect(open().read('odd')).rejects.toMatchObject({
      code: 'STORAGE_DENIED',
      message: expect.stringContaining(reason),
    })
  })

  test('follows three redirects and no fourth', async () => {
    objects.set('/r0', Buffer.from('x'))
    for (const index of [1, 2, 3, 4]) redirect(`/r${index}`, `/r${index - 1}`, 307)
    expect(await open().read('r3')).toHaveLength(1)
    await expect(open().read('r4')).rejects.toMatchObject({
      code: 'STORAGE_DENIED',
      message: expect.stringContaining('too many redirects'),
    })
  })
})
