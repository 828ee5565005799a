import { eachOf } from './each-of.ts'
import { shownAddress, type BucketAddress } from './storage-address.ts'
import { storageError } from './storage-error.ts'
import { folderPrefix, objectName } from './storage-path.ts'
import type { ByteRange, Storage } from './storage.ts'
import { watchSource } from './watched-source.ts'

/** What a vendor's library does with the objects of one bucket. Names are whole; what is not there is thrown. */
export interface BucketClient {
  read(name: string): Promise<Uint8Array>
  /** Writes with as few requests as possible; readers see all of it or nothing. */
  write(name: string, bytes: Uint8Array): Promise<void>
  /** The same for what does not fit memory. */
  upload(name: string, pieces: AsyncIterable<Uint8Array>): Promise<void>
  size(name: string): Promise<number>
  /** The content, or a range of it that is not empty and ends within it. */
  stream(name: string, range: ByteRange | undefined): Promise<AsyncIterable<Uint8Array>>
  /** Silent when it is not there. */
  remove(name: string): Promise<void>
  /** Names of all objects that begin so. */
  list(prefix: string): Promise<readonly string[]>
  /** The HTTP status that an error of the library stands for. */
  statusOf(error: unknown): number | undefined
  /** True when an error says that there is no such object, and not that there is no such bucket. */
  isAbsent(error: unknown): boolean
}

/** A bucket or container, or a part of one, as a storage. */
export class BucketStorage implements Storage {
  readonly url: string
  readonly #client: BucketClient
  readonly #prefix: string

  constructor(address: BucketAddress, client: BucketClient) {
    this.#client = client
    this.#prefix = address.path
    this.url = shownAddress(address)
  }

  async read(path: string): Promise<Uint8Array | undefined> {
    const name = objectName(this.#prefix, path)
    return await this.#ifThere('read', path, async () => await this.#client.read(name))
  }

  async write(path: string, bytes: Uint8Array): Promise<void> {
    const name = objectName(this.#prefix, path)
    await this.#telling('write', path, async () => await this.#client.write(name, bytes))
  }

  async writeStream(path: string, pieces: AsyncIterable<Uint8Array>): Promise<void> {
    const name = objectName(this.#prefix, path)
    const source = watchSource(pieces)
    try {
      await this.#telling('write', path, async () => await this.#client.upload(name, source.pieces))
    } catch (error) {
      source.throwFailure()
      throw error
    }
  }

  async exists(path: string): Promise<boolean> {
    return (await this.size(path)) !== undefined
  }

  async size(path: string): Promise<number | undefined> {
    const name = objectName(this.#prefix, path)
    return await this.#ifThere('look for', path, async () => await this.#client.size(name))
  }

  async stream(path: string, range?: ByteRange): Promise<AsyncIterable<Uint8Array> | undefined> {
    const name = objectName(this.#prefix, path)
    const part = range === undefined ? undefined : await this.#within(path, range)
    if (range !== undefined && part === undefined) return undefined
    if (part !== undefined && part.start >= part.end) return nothing()
    const pieces = await this.#ifThere(
      'read',
      path,
      async () => await this.#client.stream(name, part),
    )
    return pieces && this.#tellingOf(path, pieces)
  }

  async remove(path: string): Promise<void> {
    const name = objectName(this.#prefix, path)
    await this.#telling('remove', path, async () => await this.#client.remove(name))
  }

  async removeFolder(path: string): Promise<void> {
    await eachOf(await this.list(path), async (each) => await this.remove(each))
  }

  async list(prefix: string): Promise<readonly string[]> {
    const under = folderPrefix(this.#prefix, prefix)
    const own = folderPrefix(this.#prefix, '').length
    const names = await this.#telling('list', prefix, async () => await this.#client.list(under))
    return (
      names
        .map((name) => name.slice(own))
        // What ends in "/" stands for a folder in some browsers.
        .filter((name) => name !== '' && !name.endsWith('/'))
        .toSorted()
    )
  }

  /** A range that ends where the object does; undefined when there is none. */
  async #within(path: string, { start, end }: ByteRange): Promise<ByteRange | undefined> {
    const size = await this.size(path)
    return size === undefined ? undefined : { start, end: Math.min(end, size) }
  }

  async *#tellingOf(
    path: string,
    pieces: AsyncIterable<Uint8Array>,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      yield* pieces
    } catch (cause) {
      throw this.#error('read', path, cause)
    }
  }

  async #ifThere<T>(what: string, path: string, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work()
    } catch (cause) {
      if (this.#client.isAbsent(cause)) return undefined
      throw this.#error(what, path, cause)
    }
  }

  async #telling<T>(what: string, path: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (cause) {
      throw this.#error(what, path, cause)
    }
  }

  #error(what: string, path: string, cause: unknown): Error {
    const where = path === '' ? this.url : `${this.url}/${path}`
    return storageError({ what, where, status: this.#client.statusOf(cause), cause })
  }
}

async function* nothing(): AsyncGenerator<Uint8Array, void, undefined> {}
