import { constants } from 'node:fs'
import { lstat, readdir, realpath, rm } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import { pathToFileURL } from 'node:url'

import { InfrastructureError, PipewrightError } from '../errors.ts'
import {
  errorCode,
  isAbsent,
  isStaged,
  makeFolder,
  readWholeFile,
  streamFile,
  writeWholeFile,
} from './local-file.ts'
import { pathParts, pathRefused } from './storage-path.ts'
import type { ByteRange, Storage } from './storage.ts'

/** How many folders are remembered as safe, so that a write in a known folder needs no look at the file system. */
const rememberedFolders = 4096

/**
 * A folder of the local file system, or of one that all workers mount. Made at the first write.
 *
 * Links inside the root that lead out of it are refused when a folder is first used. Whoever can swap a folder for a
 * link afterwards can write there anyway, so a known folder is not checked again.
 */
export class LocalStorage implements Storage {
  readonly url: string
  readonly #root: string
  #realRoot: string | undefined
  readonly #folders = new Set<string>()

  /** @param root Absolute path of a folder. */
  constructor(root: string) {
    this.#root = resolve(root)
    this.url = pathToFileURL(this.#root).href
  }

  localPath(path: string): string {
    return join(this.#root, ...pathParts(path))
  }

  async read(path: string): Promise<Uint8Array | undefined> {
    const file = this.localPath(path)
    return await this.#attempt('read', path, async () => {
      if (!(await this.#findFolder(dirname(file), path))) return undefined
      return await readWholeFile(file, constants.O_NOFOLLOW)
    })
  }

  async write(path: string, bytes: Uint8Array): Promise<void> {
    const file = this.#writable(path)
    await this.#attempt('write', path, async () => {
      await this.#inFolder(dirname(file), path, async () => await writeWholeFile(file, bytes))
    })
  }

  async writeStream(path: string, pieces: AsyncIterable<Uint8Array>): Promise<void> {
    const file = this.#writable(path)
    let begun = false
    // What the pieces throw is the caller's, and no trouble of the storage.
    let thrown: { readonly error: unknown } | undefined
    const watched = async function* (): AsyncGenerator<Uint8Array> {
      begun = true
      try {
        yield* pieces
      } catch (error) {
        thrown = { error }
        throw error
      }
    }
    await this.#attempt('write', path, async () => {
      await this.#inFolder(dirname(file), path, async () => {
        // Pieces come once: a second try would write what is left of them.
        if (begun) throw new Error('its folder was removed while it was written')
        await writeWholeFile(file, watched())
      })
    }).catch((error: unknown) => {
      throw thrown === undefined ? error : thrown.error
    })
  }

  async exists(path: string): Promise<boolean> {
    const file = this.localPath(path)
    return await this.#attempt('look for', path, async () => {
      if (!(await this.#findFolder(dirname(file), path))) return false
      const found = await lstat(file).catch(absentAsUndefined)
      return found?.isFile() ?? false
    })
  }

  async remove(path: string): Promise<void> {
    const file = this.localPath(path)
    await this.#attempt('remove', path, async () => {
      if (await this.#findFolder(dirname(file), path)) await rm(file, { force: true })
    })
  }

  async list(prefix: string): Promise<readonly string[]> {
    const folder = prefix === '' ? this.#root : this.localPath(prefix)
    return await this.#attempt('list', prefix, async () => {
      if (!(await this.#findFolder(folder, prefix))) return []
      const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(
        absentAsUndefined,
      )
      return (entries ?? [])
        .filter((entry) => entry.isFile() && !isStaged(entry.name))
        .map((entry) => relative(this.#root, join(entry.parentPath, entry.name)))
        .map((path) => path.split(sep).join('/'))
        .toSorted()
    })
  }

  async size(path: string): Promise<number | undefined> {
    const file = this.localPath(path)
    return await this.#attempt('look for', path, async () => {
      if (!(await this.#findFolder(dirname(file), path))) return undefined
      const found = await lstat(file).catch(absentAsUndefined)
      return found?.isFile() === true ? found.size : undefined
    })
  }

  async stream(path: string, range?: ByteRange): Promise<AsyncIterable<Uint8Array> | undefined> {
    const file = this.localPath(path)
    return await this.#attempt('read', path, async () => {
      if (!(await this.#findFolder(dirname(file), path))) return undefined
      return await streamFile(file, constants.O_NOFOLLOW, range)
    })
  }

  async removeFolder(path: string): Promise<void> {
    const folder = this.localPath(path)
    await this.#attempt('remove', path, async () => {
      if (!(await this.#findFolder(folder, path))) return
      await rm(folder, { recursive: true, force: true })
      for (const known of this.#folders)
        if (known === folder || known.startsWith(folder + sep)) this.#folders.delete(known)
    })
  }

  #writable(path: string): string {
    const file = this.localPath(path)
    if (isStaged(basename(file))) throw pathRefused(path, 'it is a name of temporary files')
    return file
  }

  /** Writes in a folder, which is made again when retention removed it since it was last used. */
  async #inFolder(folder: string, path: string, write: () => Promise<void>): Promise<void> {
    await this.#makeFolder(folder, path)
    try {
      await write()
    } catch (error) {
      if (!isAbsent(error)) throw error
      this.#folders.delete(folder)
      await this.#makeFolder(folder, path)
      await write()
    }
  }

  /** Makes a folder after seeing that the part of its path that exists already lies in the root. */
  async #makeFolder(folder: string, path: string): Promise<void> {
    if (this.#folders.has(folder)) return
    if (this.#realRoot === undefined) {
      await makeFolder(this.#root)
      this.#realRoot = await realpath(this.#root)
    }
    let existing = folder
    // Upwards to the nearest folder that exists; the root does.
    // oxlint-disable-next-line no-await-in-loop
    while (!(await this.#findFolder(existing, path))) existing = dirname(existing)
    await makeFolder(folder)
    this.#remember(folder)
  }

  /** False when the folder is not there. @throws UsageError when a link on its way leads out of the root. */
  async #findFolder(folder: string, path: string): Promise<boolean> {
    if (this.#folders.has(folder)) return true
    this.#realRoot ??= await realpath(this.#root).catch(absentAsUndefined)
    if (this.#realRoot === undefined) return false
    const real = await realpath(folder).catch(absentAsUndefined)
    if (real === undefined) return false
    if (real !== this.#realRoot && !real.startsWith(this.#realRoot + sep)) {
      throw pathRefused(path, `a link on its way leads out of ${this.#root}`)
    }
    this.#remember(folder)
    return true
  }

  #remember(folder: string): void {
    if (this.#folders.size >= rememberedFolders) this.#folders.clear()
    this.#folders.add(folder)
  }

  async #attempt<T>(what: string, path: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if (error instanceof PipewrightError) throw error
      if (errorCode(error) === 'ELOOP') throw pathRefused(path, 'it is a link')
      const where = join(this.#root, path)
      throw new InfrastructureError(
        'STORAGE_FAILED',
        `Could not ${what} ${where}: ${text(error)}.`,
        {
          hint: 'Check that the folder is there, has space, and that this user may write to it.',
          cause: error,
        },
      )
    }
  }
}

function absentAsUndefined(error: unknown): undefined {
  if (isAbsent(error)) return undefined
  throw error
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
