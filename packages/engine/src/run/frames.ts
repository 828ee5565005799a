/** A frame has at most so many bytes, in both directions: what is larger travels as a file. */
export const longestFrame: number = 32 * 2 ** 20

const header = 4

/**
 * A message between processes as it crosses a pipe: its length in four bytes, then the message.
 *
 * @throws RangeError when it is longer than `longestFrame`
 */
export function frame(body: Buffer): readonly [length: Buffer, body: Buffer] {
  if (body.length > longestFrame) {
    throw new RangeError(`A message of ${body.length} bytes is longer than ${longestFrame}.`)
  }
  const length = Buffer.alloc(header)
  length.writeUInt32BE(body.length)
  return [length, body]
}

/** Puts messages together that come in pieces. */
export class FrameReader {
  #pieces: Buffer[] = []
  #held = 0
  /** Bytes of the next message, once they are known. */
  #wanted: number | undefined

  /**
   * The messages that are complete with this piece.
   *
   * @throws Error when it cannot be a frame. Nothing that follows can be read then
   */
  push(piece: Buffer): readonly Buffer[] {
    this.#pieces.push(piece)
    this.#held += piece.length
    const bodies: Buffer[] = []
    for (;;) {
      this.#wanted ??= this.#take(header)?.readUInt32BE()
      if (this.#wanted === undefined) return bodies
      if (this.#wanted > longestFrame) throw new Error(`A frame of ${this.#wanted} bytes`)
      const body = this.#take(this.#wanted)
      if (body === undefined) return bodies
      this.#wanted = undefined
      bodies.push(body)
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
