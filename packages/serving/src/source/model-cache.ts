import { createHash, randomUUID } from 'node:crypto'
import { access, mkdir, rename, rm } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'

/** Folders of models that were fetched. What is in one is complete and never changes. */
export class ModelCache {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = resolve(folder)
  }

  /**
   * The folder for the model at an address; `fill` writes its files into an empty folder when it is not there yet.
   *
   * @param address Of the content, server included: the same address always means the same files.
   */
  async folder(address: string, fill: (folder: string) => Promise<void>): Promise<string> {
    const name = createHash('sha256').update(address).digest('hex').slice(0, 32)
    const folder = join(this.#folder, name)
    if (await exists(folder)) return folder
    const filling = join(this.#folder, `${name}.${randomUUID()}`)
    await mkdir(dirname(filling), { recursive: true })
    await mkdir(filling)
    try {
      await fill(filling)
      await moveInto(filling, folder)
      return folder
    } finally {
      await rm(filling, { recursive: true, force: true })
    }
  }
}

async function moveInto(filled: string, folder: string): Promise<void> {
  try {
    await rename(filled, folder)
  } catch (error) {
    // Another process was faster, with the same files.
    if (!(await exists(folder))) throw error
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
