import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import * as z from 'zod'

import { Secret } from '../../config/secret.ts'
import { dataset } from '../../definition/dataset.ts'
import type { ServicePlace } from '../driver.ts'
import type { CatalogEntry } from '../entry.ts'
import { api } from './api.ts'

const answer = dataset('answer', z.unknown())
let server: Server
let origin: string
let asked: { readonly message: IncomingMessage; readonly body: string }

beforeAll(async () => {
  server = createServer((message, response) => {
    let body = ''
    message.setEncoding('utf8')
    message.on('data', (piece: string) => (body += piece))
    message.on('end', () => {
      asked = { message, body }
      const { pathname, searchParams } = new URL(message.url ?? '', 'http://host')
      response.statusCode = Number(searchParams.get('status') ?? 200)
      if (pathname === '/json')
        response.setHeader('content-type', 'application/json; charset=utf-8')
      if (pathname === '/text') response.setHeader('content-type', 'text/plain')
      response.end(pathname === '/json' ? '{"rows":[1,2]}' : 'hello')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // It listens on a port, so its address is no path.
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(async () => {
  await new Promise((resolve) => server.close(resolve))
})

function place(
  path: string,
  entry: Partial<CatalogEntry> = {},
  credentials?: unknown,
): ServicePlace {
  const opened = api.place?.({
    dataset: 'answer',
    entry: {
      type: 'api',
      filepath: null,
      versioned: false,
      settings: { url: origin + path },
      ...entry,
    },
    root: '.',
    network: { allow: ['127.0.0.1'], maxBytes: 1000 },
    ...(credentials !== undefined && { credentials: () => new Secret(credentials) }),
  })
  if (opened === undefined) throw new Error('The type api is a service.')
  return opened
}

describe('the api driver', () => {
  test('gives JSON as its value, text as text, and anything else as bytes', async () => {
    expect(await place('/json').read(answer)).toEqual({ rows: [1, 2] })
    expect(await place('/text').read(answer)).toBe('hello')
    expect(await place('/other').read(answer)).toEqual(new Uint8Array(Buffer.from('hello')))
    expect(await place('/other', { loadArgs: { as: 'text' } }).read(answer)).toBe('hello')
  })

  test('sends params, headers and a body', async () => {
    const loadArgs = {
      params: { day: 1, of: ['a', 'b&c'] },
      headers: { 'x-own': 'y' },
      json: { q: 1 },
    }
    await place('/json?kept=1', { loadArgs }).read(answer)
    expect(asked.message.url).toBe('/json?kept=1&day=1&of=a&of=b%26c')
    expect(asked.message.method).toBe('POST')
    expect(asked.message.headers).toMatchObject({
      'x-own': 'y',
      'content-type': 'application/json',
    })
    expect(asked.body).toBe('{"q":1}')
  })

  test.each([
    [['me', 'word'], `Basic ${Buffer.from('me:word').toString('base64')}`],
    [{ username: 'me', password: 'word' }, `Basic ${Buffer.from('me:word').toString('base64')}`],
    [{ token: 'abc' }, 'Bearer abc'],
    [{ headers: { authorization: 'Own abc' } }, 'Own abc'],
  ])('is let in by %j', async (credentials, header) => {
    await place('/json', {}, credentials).read(answer)
    expect(asked.message.headers.authorization).toBe(header)
  })

  test('refuses credentials of another form, and shows none of them', async () => {
    const reading = place('/json', {}, { passwort: 'secret-word' }).read(answer)
    await expect(reading).rejects.toMatchObject({ code: 'CREDENTIALS_INVALID' })
    await expect(reading).rejects.not.toThrow(/secret-word/)
  })

  test('says what the service answers when it does not give the data', async () => {
    await expect(place('/json?status=503').read(answer)).rejects.toMatchObject({
      code: 'DATASET_NOT_READABLE',
      message: `Dataset 'answer' cannot be read from ${origin}/json: the service answers with 503.`,
    })
  })

  test('reads no more than the project allows', async () => {
    const opened = api.place?.({
      dataset: 'answer',
      entry: { type: 'api', filepath: null, versioned: false, settings: { url: `${origin}/json` } },
      root: '.',
      network: { allow: ['127.0.0.1'], maxBytes: 3 },
    })
    await expect(opened?.read(answer)).rejects.toMatchObject({ code: 'DATASET_NOT_READABLE' })
  })

  test('does not reach private networks unless it may', async () => {
    const opened = api.place?.({
      dataset: 'answer',
      entry: { type: 'api', filepath: null, versioned: false, settings: { url: `${origin}/json` } },
      root: '.',
    })
    await expect(opened?.read(answer)).rejects.toMatchObject({ code: 'STORAGE_ADDRESS_REFUSED' })
  })

  test('refuses a password in its address', () => {
    expect(() => place('', { settings: { url: 'https://me:word@example.org/' } })).toThrow(
      expect.objectContaining({ code: 'DATASET_SETTING_INVALID' }),
    )
  })
})
