/**
 * Cuts and joins bytes to pieces of given sizes; only the last may be shorter. No more than one of them is held.
 *
 * @param sizeOf Bytes of the n-th piece, from 0.
 */
export async function* inPieces(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  sizeOf: (index: number) => number,
): AsyncGenerator<Uint8Array, void, undefined> {
  let index = 0
  let held: Uint8Array[] = []
  let size = 0
  for await (const piece of source) {
    for (let rest = piece; rest.byteLength > 0;) {
      const room = sizeOf(index) - size
      const taken = rest.subarray(0, room)
      held.push(taken)
      size += taken.byteLength
      rest = rest.subarray(taken.byteLength)
      if (size < sizeOf(index)) continue
      yield joined(held)
      index += 1
      held = []
      size = 0
    }
  }
  if (size > 0) yield joined(held)
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const [only] = pieces
  return pieces.length === 1 && only !== undefined ? only : Buffer.concat(pieces)
}
