/** Pieces that somebody else makes, so watched that a failure of their maker can be told from one of the storage. */
export interface WatchedSource {
  readonly pieces: AsyncIterable<Uint8Array>
  /** Throws what the maker of the pieces threw, if it did, as it was. */
  throwFailure(): void
}

/** Watches pieces while they are taken, once. */
export function watchSource(pieces: AsyncIterable<Uint8Array>): WatchedSource {
  let failure: { readonly error: unknown } | undefined
  async function* watched(): AsyncGenerator<Uint8Array> {
    try {
      yield* pieces
    } catch (error) {
      failure = { error }
      throw error
    }
  }
  return {
    pieces: watched(),
    throwFailure() {
      if (failure !== undefined) throw failure.error
    },
  }
}
