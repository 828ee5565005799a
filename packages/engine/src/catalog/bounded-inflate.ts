import type { Duplex } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import {
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createZstdDecompress,
} from 'node:zlib'

import { InfrastructureError } from '../errors.ts'

/** How much may come out of compressed data. */
export interface InflateLimits {
  /** Bytes that come out for one that goes in. Default 100. */
  readonly maxRatio?: number
  /** Bytes that come out at most. Default: any number. */
  readonly maxBytes?: number
}

/** Up to so many bytes no ratio is looked at: a short text of spaces is no attack. */
const unsuspicious = 8 * 1024 * 1024

const decoders: Readonly<Record<string, () => Duplex>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
  zstd: createZstdDecompress,
}

/**
 * Decompresses piece by piece and ends at once when more comes out than can be meant.
 *
 * @param where For messages.
 * @throws InfrastructureError `STORAGE_TOO_LARGE`, or `STORAGE_FAILED` when it cannot be decompressed.
 */
export async function* inflate(
  pieces: AsyncIterable<Uint8Array>,
  encoding: string,
  where: string,
  { maxRatio = 100, maxBytes = Number.POSITIVE_INFINITY }: InflateLimits = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const decoder = decoders[encoding]?.()
  if (decoder === undefined) throw undecodable(where, `it is encoded as ${encoding.slice(0, 50)}`)
  let taken = 0
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const piece of pieces) {
      taken += piece.byteLength
      yield piece
    }
  }
  const feeding = pipeline(counted(), decoder)
  // What goes wrong here is also thrown where the decoder is read.
  feeding.catch(() => undefined)
  let given = 0
  for await (const piece of decoded(decoder, where)) {
    given += piece.byteLength
    if (given > unsuspicious && given > taken * maxRatio)
      throw tooMuch(where, `${maxRatio} times its size`)
    if (given > maxBytes) throw tooMuch(where, `${maxBytes} bytes`)
    yield piece
  }
}

async function* decoded(
  decoder: Duplex,
  where: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    // What a decoder gives are bytes. To leave the loop ends it, and with it what feeds it.
    yield* decoder as AsyncIterable<Buffer>
  } catch (error) {
    throw undecodable(where, error instanceof Error ? error.message : String(error), error)
  }
}

function tooMuch(where: string, limit: string): InfrastructureError {
  return new InfrastructureError(
    'STORAGE_TOO_LARGE',
    `${where} decompresses to more than ${limit}, so it is not read.`,
    {
      hint: 'If it is meant, keep it uncompressed, in Parquet or with a lower ratio; network.maxBytes of pipewright.yml bounds what is read whole over HTTP.',
    },
  )
}

function undecodable(where: string, reason: string, cause?: unknown): InfrastructureError {
  return new InfrastructureError('STORAGE_FAILED', `Could not decompress ${where}: ${reason}.`, {
    hint: 'Check that it arrives whole and is encoded as it says.',
    cause,
  })
}
