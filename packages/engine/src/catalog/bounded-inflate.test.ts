import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'

import { describe, expect, test } from 'vitest'

import { inflate } from './bounded-inflate.ts'

async function* pieces(content: Uint8Array, size = 10_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.byteLength; at += size) yield content.subarray(at, at + size)
}

/** What comes out, and how much of it, until the end or an error. */
async function read(
  source: AsyncIterable<Uint8Array>,
): Promise<{ bytes: number; text: string; error?: unknown }> {
  const parts: Uint8Array[] = []
  let bytes = 0
  try {
    for await (const piece of source) {
      bytes += piece.byteLength
      if (bytes < 100_000) parts.push(piece)
    }
  } catch (error) {
    return { bytes, text: '', error }
  }
  return { bytes, text: Buffer.concat(parts).toString() }
}

const plain = Buffer.from('date,wind\n2012-01-01,4.7\n')

async function* failing(): AsyncGenerator<Uint8Array> {
  yield gzipSync(plain).subarray(0, 10)
  throw new Error('the line is cut')
}

describe('compressed data', () => {
  test.each([
    ['gzip', gzipSync(plain)],
    ['deflate', deflateSync(plain)],
    ['br', brotliCompressSync(plain)],
    ['zstd', zstdCompressSync(plain)],
  ])('is read: %s', async (encoding, content) => {
    const result = await read(inflate(pieces(content, 7), encoding, 'here'))
    expect(result).toEqual({ bytes: plain.byteLength, text: plain.toString() })
  })

  test.each([
    ['gzip', gzipSync(Buffer.alloc(64 * 2 ** 20))],
    ['br', brotliCompressSync(Buffer.alloc(64 * 2 ** 20))],
    ['zstd', zstdCompressSync(Buffer.alloc(64 * 2 ** 20))],
  ])('that swells more than a hundredfold is given up early: %s', async (encoding, bomb) => {
    const { bytes, error } = await read(inflate(pieces(bomb), encoding, 'here'))
    expect(error).toMatchObject({ code: 'STORAGE_TOO_LARGE' })
    expect(bytes).toBeLessThan(17 * 2 ** 20)
  })

  test('that is small may swell: a text of spaces is no attack', async () => {
    const content = gzipSync(Buffer.alloc(2 ** 20, ' '))
    expect(await read(inflate(pieces(content), 'gzip', 'here'))).toMatchObject({ bytes: 2 ** 20 })
  })

  test('ends at the limit of its bytes', async () => {
    const limits = { maxBytes: 1000 }
    const { error } = await read(
      inflate(pieces(gzipSync(Buffer.alloc(1001))), 'gzip', 'here', limits),
    )
    expect(error).toMatchObject({ code: 'STORAGE_TOO_LARGE' })
  })

  test.each([
    ['is cut short', gzipSync(plain).subarray(0, 30), 'gzip'],
    ['is not what it says', plain, 'gzip'],
    ['is of an encoding that nobody knows', plain, 'compress'],
  ])('that %s is an error, not an end', async (_, content, encoding) => {
    const { error } = await read(inflate(pieces(content), encoding, 'here'))
    expect(error).toMatchObject({
      code: 'STORAGE_FAILED',
      message: expect.stringContaining('here'),
    })
  })

  test('whose source fails tells why', async () => {
    const { error } = await read(inflate(failing(), 'gzip', 'here'))
    expect(error).toMatchObject({ message: expect.stringContaining('the line is cut') })
  })
})
