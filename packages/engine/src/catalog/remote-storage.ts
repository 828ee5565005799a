import type { BucketStorage } from './bucket-storage.ts'
import type { ByteRange, Storage } from './storage.ts'

/** A storage that is opened when it is first used, with the library that it takes. A failure to open it is not remembered. */
export class RemoteStorage implements Storage {
  readonly url: string
  readonly #open: () => Promise<BucketStorage>
  #opened: Promise<BucketStorage> | undefined

  constructor(url: string, open: () => Promise<BucketStorage>) {
    this.url = url
    this.#open = open
  }

  async read(path: string): Promise<Uint8Array | undefined> {
    return await (await this.#storage()).read(path)
  }

  async write(path: string, bytes: Uint8Array): Promise<void> {
    await (await this.#storage()).write(path, bytes)
  }

  async writeStream(path: string, pieces: AsyncIterable<Uint8Array>): Promise<void> {
    await (await this.#storage()).writeStream(path, pieces)
  }

  async exists(path: string): Promise<boolean> {
    return await (await this.#storage()).exists(path)
  }

  async size(path: string): Promise<number | undefined> {
    return await (await this.#storage()).size(path)
  }

  async stream(path: string, range?: ByteRange): Promise<AsyncIterable<Uint8Array> | undefined> {
    return await (await this.#storage()).stream(path, range)
  }

  async remove(path: string): Promise<void> {
    await (await this.#storage()).remove(path)
  }

  async removeFolder(path: string): Promise<void> {
    await (await this.#storage()).removeFolder(path)
  }

  async list(prefix: string): Promise<readonly string[]> {
    return await (await this.#storage()).list(prefix)
  }

  async #storage(): Promise<BucketStorage> {
    this.#opened ??= this.#open()
    try {
      return await this.#opened
    } catch (error) {
      this.#opened = undefined
      throw error
    }
  }
}
