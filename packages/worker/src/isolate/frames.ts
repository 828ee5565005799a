import { deserialize, serialize } from 'node:v8'

/** A frame has at most so many bytes: more than any batch of ours has, and little enough to be kept. */
export const longestFrame: number = 32 * 2 ** 20

const header = 4

/** A batch as it crosses a pipe: its length in four bytes, then what V8 makes of it. */
export function frame(batch: readonly unknown[]): readonly Buffer[] {
  const body = serialize(batch)
  if (body.length > longestFrame && batch.length > 1) return batch.flatMap((one) => frame([one]))
  if (body.length > longestFrame) {
    throw new RangeError(`A message of ${body.length} bytes is longer than ${longestFrame}.`)
  }
  const length = Buffer.alloc(header)
  length.writeUInt32BE(body.length)
  return [length, body]
}

/** Puts frames together that come in pieces. */
export class FrameReader {
  #pieces: Buffer[] = []
  #held = 0
  /** Bytes of the next frame, once they are known. */
  #wanted: number | undefined

  /**
   * What is complete with this piece.
   *
   * @throws Error when it cannot be a frame. Nothing that follows can be read then
   */
  push(piece: Buffer): readonly unknown[] {
    this.#pieces.push(piece)
    this.#held += piece.length
    const batches: unknown[] = []
    for (;;) {
      this.#wanted ??= this.#take(header)?.readUInt32BE()
      if (this.#wanted === undefined) return batches
      if (this.#wanted > longestFrame) throw new Error(`A frame of ${this.#wanted} bytes`)
      const body = this.#take(this.#wanted)
      if (body === undefined) return batches
      this.#wanted = undefined
      batches.push(deserialize(body))
    }
  }

  #take(length: number): Buffer | undefined {
    if (this.#held < length) return undefined
    const all = this.#pieces.length === 1 ? this.#pieces[0] : Buffer.concat(this.#pieces)
    if (all === undefined) return undefined
    this.#pieces = [all.subarray(length)]
    this.#held -= length
    return all.subarray(0, length)
  }
}
