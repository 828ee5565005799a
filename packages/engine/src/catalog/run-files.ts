import type { Storage } from './storage.ts'
import { runFolder } from './store-path.ts'

/** How much a run has in the store. */
export interface RunFilesSize {
  readonly files: number
  readonly bytes: number
}

/** The files of whole runs in the store: for retention. Catalog paths are no part of it. */
export class RunFiles {
  readonly #storage: Storage

  constructor(storage: Storage) {
    this.#storage = storage
  }

  /** Counts the files of a run. */
  async measure(run: string): Promise<RunFilesSize> {
    const paths = await this.#storage.list(runFolder(run))
    const sizes = await Promise.all(paths.map(async (path) => this.#size(path)))
    return { files: paths.length, bytes: sizes.reduce((sum, size) => sum + size, 0) }
  }

  /** Removes all files of a run, and its folder. Silent when there are none. */
  async remove(run: string): Promise<void> {
    const folder = runFolder(run)
    if (this.#storage.removeFolder !== undefined) {
      await this.#storage.removeFolder(folder)
      return
    }
    const paths = await this.#storage.list(folder)
    await Promise.all(paths.map(async (path) => this.#storage.remove(path)))
  }

  async #size(path: string): Promise<number> {
    if (this.#storage.size !== undefined) return (await this.#storage.size(path)) ?? 0
    return (await this.#storage.read(path))?.byteLength ?? 0
  }
}
