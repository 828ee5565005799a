import { Readable } from 'node:stream'

/** A body that is sent piece by piece. */
export interface UploadBody {
  /** Opens it at its beginning. Each try of an upload reads it anew. */
  open(): AsyncIterable<Uint8Array>
  /** Bytes in all, where they are known before it is read. */
  readonly length?: number | undefined
  readonly mediaType: string
}

/** A server may copy what it was sent before it answers: it is given so long for each byte, in ms. */
const copying = 1 / 5000

/** A body that is being sent, and a watch over its progress: each piece that is taken begins the wait anew. */
export class SentBody {
  readonly stream: Readable
  /** Why the body could not be read, if it could not. */
  problem: Error | undefined
  readonly #timeout: number
  readonly #onBytes: (bytes: number) => void
  readonly #stuck = new AbortController()
  #timer: NodeJS.Timeout | undefined

  /**
   * @param timeout Longest time without progress, and then for the answer, in ms. @param onBytes Told of each piece.
   */
  constructor(body: UploadBody, timeout: number, onBytes: (bytes: number) => void = () => {}) {
    this.#timeout = timeout
    this.#onBytes = onBytes
    this.stream = Readable.from(this.#pieces(body), { objectMode: false, highWaterMark: 1 << 20 })
    // whoever sends it hears of it as well; unheard, it would end the process
    this.stream.on('error', () => {})
  }

  /** Begins to watch. The result is aborted when nothing has moved for so long. */
  begin(): AbortSignal {
    this.#watch(this.#timeout)
    return this.#stuck.signal
  }

  /** Gives the source back. */
  close(): void {
    clearTimeout(this.#timer)
    this.stream.destroy()
  }

  #watch(timeout: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      const message = `nothing moved for ${Math.round(timeout)} ms`
      this.#stuck.abort(new DOMException(message, 'TimeoutError'))
    }, timeout)
  }

  async *#pieces(body: UploadBody): AsyncGenerator<Uint8Array> {
    let bytes = 0
    try {
      for await (const piece of body.open()) {
        this.#timer?.refresh()
        bytes += piece.byteLength
        this.#onBytes(piece.byteLength)
        yield piece
      }
      this.#watch(this.#timeout + bytes * copying)
    } catch (error) {
      this.problem = error instanceof Error ? error : new Error(String(error))
      throw error
    }
  }
}
