import { createHash } from 'node:crypto'
import { stat } from 'node:fs/promises'

import { DatasetError, InfrastructureError } from '../errors.ts'
import type { StreamSource } from './driver.ts'
import { streamFile } from './local-file.ts'
import type { Storage } from './storage.ts'

/** Bytes that are in memory. */
export function bufferSource(content: Uint8Array): StreamSource {
  return {
    bytes: content.byteLength,
    read: async (start, end) => await Promise.resolve(content.subarray(start, end)),
    async *pieces() {
      yield await Promise.resolve(content)
    },
  }
}

/** How a place gives a part of its content, or all of it; undefined when there is none. */
export type OpenPieces = (range?: {
  readonly start: number
  readonly end: number
}) => Promise<AsyncIterable<Uint8Array> | undefined>

/** The content of a place that streams. */
function streamedSource(bytes: number, open: OpenPieces, absent: () => Error): StreamSource {
  const opened = async (range?: { readonly start: number; readonly end: number }) => {
    const pieces = await open(range)
    if (pieces === undefined) throw absent()
    return pieces
  }
  return {
    bytes,
    async read(start, end) {
      const pieces: Uint8Array[] = []
      for await (const piece of await opened({ start, end })) pieces.push(piece)
      return pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces)
    },
    async *pieces() {
      yield* await opened()
    },
  }
}

/** An object of a storage; one that cannot stream is read whole. Undefined when there is none. */
export async function storageSource(
  storage: Storage,
  path: string,
  absent: () => Error,
): Promise<StreamSource | undefined> {
  if (storage.stream === undefined || storage.size === undefined) {
    const content = await storage.read(path)
    return content && bufferSource(content)
  }
  const size = await storage.size(path)
  if (size === undefined) return undefined
  return streamedSource(size, async (range) => await storage.stream?.(path, range), absent)
}

/** A file of this machine. */
export async function fileSource(path: string): Promise<StreamSource> {
  const { size } = await stat(path)
  return streamedSource(
    size,
    async (range) => await streamFile(path, 0, range),
    () =>
      new InfrastructureError('STORAGE_FAILED', `${path} went away while it was read.`, {
        hint: 'Publish data by renaming a whole file to its place.',
      }),
  )
}

/** Writes pieces as they come; a storage that cannot gets them together. */
export async function writePieces(
  storage: Storage,
  path: string,
  pieces: AsyncIterable<Uint8Array>,
): Promise<void> {
  if (storage.writeStream !== undefined) {
    await storage.writeStream(path, pieces)
    return
  }
  const all: Uint8Array[] = []
  for await (const piece of pieces) all.push(piece)
  await storage.write(path, Buffer.concat(all))
}

/** sha256 of the whole content, hex. */
export async function digestOf(source: StreamSource): Promise<string> {
  const digest = createHash('sha256')
  for await (const piece of source.pieces()) digest.update(piece)
  return digest.digest('hex')
}

/**
 * The same source, whose reader learns that it is not what was written: at its end when it is walked, before the first part
 * when parts are asked for.
 *
 * @throws what `corrupt` gives, while it is read.
 */
export function verifiedSource(
  source: StreamSource,
  expected: { readonly bytes: number; readonly sha256: string },
  corrupt: (bytes: number) => DatasetError,
): StreamSource {
  if (source.bytes !== expected.bytes) throw corrupt(source.bytes)
  let checked: Promise<void> | undefined
  const check = async (): Promise<void> => {
    if ((await digestOf(source)) !== expected.sha256) throw corrupt(source.bytes)
  }
  return {
    bytes: source.bytes,
    async read(start, end) {
      checked ??= check()
      await checked
      return await source.read(start, end)
    },
    async *pieces() {
      const digest = createHash('sha256')
      for await (const piece of source.pieces()) {
        digest.update(piece)
        yield piece
      }
      if (digest.digest('hex') !== expected.sha256) throw corrupt(source.bytes)
    },
  }
}
