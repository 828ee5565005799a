import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { lstat, mkdir, open, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

import { syncFolder } from './folder-sync.ts'

const pieceSize = 1 << 20
const stagedName = /^\.pipewright-[0-9a-f]{16}\.staged$/

/** True for the temporary file of a write that is under way, or that a crash left behind. */
export function isStaged(name: string): boolean {
  return stagedName.test(name)
}

/** The `code` of a file system error, such as `ENOENT`. */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

/** True when an error of the file system says that there is no such file. */
export function isAbsent(error: unknown): boolean {
  const code = errorCode(error)
  return code === 'ENOENT' || code === 'ENOTDIR'
}

/** The whole content of a file; undefined when it is not there or is a folder. */
export async function readWholeFile(path: string, flags = 0): Promise<Uint8Array | undefined> {
  try {
    const file = await open(path, constants.O_RDONLY | flags)
    try {
      return await file.readFile()
    } finally {
      await file.close()
    }
  } catch (error) {
    if (isAbsent(error) || errorCode(error) === 'EISDIR') return undefined
    throw error
  }
}

/** The content of a file in pieces of a megabyte; undefined when it is not there or is no file. It is open while it is read. */
export async function streamFile(
  path: string,
  flags = 0,
  range?: { readonly start: number; readonly end: number },
): Promise<AsyncIterable<Uint8Array> | undefined> {
  const found = await lstat(path).catch((error: unknown) => {
    if (isAbsent(error)) return undefined
    throw error
  })
  if (found === undefined || found.isDirectory()) return undefined
  return pieces(path, flags, range?.start ?? 0, Math.min(range?.end ?? Infinity, found.size))
}

async function* pieces(
  path: string,
  flags: number,
  start: number,
  end: number,
): AsyncGenerator<Uint8Array> {
  const file = await open(path, constants.O_RDONLY | flags)
  try {
    for (let at = start; at < end;) {
      const piece = new Uint8Array(Math.min(pieceSize, end - at))
      // oxlint-disable-next-line no-await-in-loop -- a file is read in order
      const { bytesRead } = await file.read(piece, 0, piece.byteLength, at)
      if (bytesRead === 0) return
      yield piece.subarray(0, bytesRead)
      at += bytesRead
    }
  } finally {
    await file.close()
  }
}

/**
 * Writes a file so that a reader, or a machine that loses power, finds the old content or the new, never a part:
 * staged beside its place, synced, renamed, and the folder's entry synced. The folder must be there.
 */
export async function writeWholeFile(
  path: string,
  bytes: Uint8Array | AsyncIterable<Uint8Array>,
): Promise<void> {
  const folder = dirname(path)
  const staged = join(folder, `.pipewright-${randomBytes(8).toString('hex')}.staged`)
  const file = await open(staged, 'wx')
  try {
    try {
      await writeFile(file, bytes)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(staged, path)
  } catch (error) {
    await rm(staged, { force: true })
    throw error
  }
  await syncFolder(folder)
}

/** Makes a folder and its parents, durably: a new folder that its parent does not record is lost with the power. */
export async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true })
  if (first === undefined) return
  for (let made = folder; made.length >= first.length; made = dirname(made)) {
    // From the innermost outwards; a handful of levels, once for each new folder.
    // oxlint-disable-next-line no-await-in-loop
    await syncFolder(dirname(made))
  }
}
