import { Readable } from 'node:stream'

/** A body that is sent piece by piece. */
export interface UploadBody {
  /** Opens it at its beginning. Each try of an upload reads it anew. */
  open(): AsyncIterable<Uint8Array>
  /** Bytes in all, where they are known before it is read. */
  readonly length?: number | undefined
  readonly mediaType: string
}

/** A body that is being sent, and a watch over its progress: each piece that is taken begins the wait anew. */
export class SentBody {
  readonly stream: Readable
  /** Aborted when nothing has moved for so long. */
  readonly signal: AbortSignal
  /** Why the body could not be read, if it could not. */
  problem: Error | undefined
  readonly #timer: NodeJS.Timeout

  /** @param timeout Longest time without progress, and then for the answer, in ms. */
  constructor(body: UploadBody, timeout: number) {
    const stuck = new AbortController()
    this.signal = stuck.signal
    this.#timer = setTimeout(() => {
      stuck.abort(new DOMException(`nothing moved for ${timeout} ms`, 'TimeoutError'))
    }, timeout)
    this.stream = Readable.from(this.#pieces(body), { objectMode: false, highWaterMark: 1 << 20 })
    // whoever sends it hears of it as well; unheard, it would end the process
    this.stream.on('error', () => {})
  }

  /** Gives the source back. */
  close(): void {
    clearTimeout(this.#timer)
    this.stream.destroy()
  }

  async *#pieces(body: UploadBody): AsyncGenerator<Uint8Array> {
    try {
      for await (const piece of body.open()) {
        this.#timer.refresh()
        yield piece
      }
      this.#timer.refresh()
    } catch (error) {
      this.problem = error instanceof Error ? error : new Error(String(error))
      throw error
    }
  }
}
