import { open } from 'node:fs/promises'
import type { Readable } from 'node:stream'

/** A body that is being received, and a watch over its progress: each piece that comes begins the wait anew. */
export class ReceivedBody {
  /** Aborted when nothing has come for so long. */
  readonly signal: AbortSignal
  /** Why the file could not be written, if it could not. */
  problem: Error | undefined
  readonly #timer: NodeJS.Timeout

  /** @param timeout Longest time without a piece, in ms. */
  constructor(timeout: number) {
    const stuck = new AbortController()
    this.signal = stuck.signal
    this.#timer = setTimeout(() => {
      stuck.abort(new DOMException(`nothing came for ${timeout} ms`, 'TimeoutError'))
    }, timeout)
  }

  /** Writes it to a file, which is made or replaced. What goes wrong with the file is kept in `problem` too. */
  async write(body: Readable, file: string): Promise<void> {
    const handle = await this.#onDisk(open(file, 'w'))
    try {
      for await (const piece of this.#pieces(body)) await this.#onDisk(handle.writeFile(piece))
    } finally {
      await handle.close()
    }
  }

  /** All of it as text: for what a server says when it refuses. */
  async text(body: Readable): Promise<string> {
    const pieces: Uint8Array[] = []
    for await (const piece of this.#pieces(body)) pieces.push(piece)
    return Buffer.concat(pieces).toString('utf8')
  }

  close(): void {
    clearTimeout(this.#timer)
  }

  async *#pieces(body: Readable): AsyncGenerator<Uint8Array> {
    for await (const piece of body) {
      this.#timer.refresh()
      // A stream of a response without an encoding gives bytes.
      yield piece as Uint8Array
    }
  }

  async #onDisk<Value>(done: Promise<Value>): Promise<Value> {
    try {
      return await done
    } catch (error) {
      this.problem = error instanceof Error ? error : new Error(String(error))
      throw error
    }
  }
}
