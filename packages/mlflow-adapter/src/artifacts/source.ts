import { createHash } from 'node:crypto'
import { pipeline, Readable } from 'node:stream'
import { createGzip } from 'node:zlib'

import type { ByteRange, ByteSource, DatasetReference } from '@pipewright/engine/internal'

/** Reads an object of the runs' store piece by piece, or a range of it; undefined when it is not there. */
export type ReadStream = (
  uri: string,
  range?: ByteRange,
) => Promise<AsyncIterable<Uint8Array> | undefined>

/** Reads piece by piece, for want of better, by reading the whole. */
export function streamOf(readStore: (uri: string) => Promise<Uint8Array | undefined>): ReadStream {
  return async (uri, range) => {
    const bytes = await readStore(uri)
    if (bytes === undefined) return undefined
    return (async function* pieces(): AsyncGenerator<Uint8Array> {
      yield bytes.subarray(range?.start, range?.end)
    })()
  }
}

/** A value cannot be read. MLflow has no part in it. */
export class SourceError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'SourceError'
  }
}

/**
 * The bytes of a committed value, checked on their way: the last piece is given only when the whole is what was committed, so that a
 * reader never takes anything else for it.
 *
 * @throws SourceError
 */
export async function* valueOf(
  reference: DatasetReference,
  readStream: ReadStream,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256')
  let bytes = 0
  let last: Uint8Array | undefined
  for await (const piece of rangeOf(reference, readStream)) {
    hash.update(piece)
    bytes += piece.byteLength
    if (last !== undefined) yield last
    last = piece
  }
  if (bytes !== reference.bytes || hash.digest('hex') !== reference.sha256)
    throw new SourceError(`the store's ${reference.uri ?? 'value'} is not what was committed`)
  if (last !== undefined) yield last
}

/** A committed value of which parts can be read. @throws SourceError when one is read */
export function sourceOf(reference: DatasetReference, readStream: ReadStream): ByteSource {
  return {
    bytes: reference.bytes,
    async read(start, end) {
      const pieces: Uint8Array[] = []
      for await (const piece of rangeOf(reference, readStream, { start, end })) pieces.push(piece)
      return Buffer.concat(pieces)
    },
  }
}

/** The same bytes, compressed. Equal bytes become equal bytes: no name and no time are in them. */
export async function* gzipped(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  // ends both when either fails; its readers are told by the iteration below
  const compressed = pipeline(Readable.from(source, { objectMode: false }), createGzip(), () => {})
  for await (const piece of compressed) yield asBytes(piece)
}

async function* rangeOf(
  { inline, uri }: DatasetReference,
  readStream: ReadStream,
  range?: ByteRange,
): AsyncGenerator<Uint8Array> {
  if (inline !== undefined) {
    yield new TextEncoder().encode(inline).subarray(range?.start, range?.end)
    return
  }
  if (uri === undefined) throw new SourceError('the ledger no longer holds its value')
  try {
    const stream = await readStream(uri, range)
    if (stream === undefined) throw new SourceError(`the store has no ${uri}`)
    yield* stream
  } catch (error) {
    if (error instanceof SourceError) throw error
    const why = error instanceof Error ? error.message : String(error)
    throw new SourceError(`the store could not be read: ${why}`)
  }
}

function asBytes(piece: unknown): Uint8Array {
  if (piece instanceof Uint8Array) return piece
  throw new TypeError('gzip gives bytes')
}
