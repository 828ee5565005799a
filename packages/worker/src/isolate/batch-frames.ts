import { deserialize, serialize } from 'node:v8'

import { frame, FrameReader, longestFrame } from '@pipewright/engine/isolate'

/** A batch as it crosses a pipe: frames of what V8 makes of it. One that is too long for a frame crosses in several. */
export function batchFrames(batch: readonly unknown[]): readonly Buffer[] {
  const body = serialize(batch)
  if (body.length > longestFrame && batch.length > 1)
    return batch.flatMap((one) => batchFrames([one]))
  return frame(body)
}

/** Puts batches together that come in pieces. */
export class BatchReader {
  readonly #frames = new FrameReader()

  /**
   * What is complete with this piece.
   *
   * @throws Error when it cannot be a batch. Nothing that follows can be read then
   */
  push(piece: Buffer): readonly unknown[] {
    return this.#frames.push(piece).map((body): unknown => deserialize(body))
  }
}
