/**
 * The same rows, until the signal is aborted: then its reason is thrown to whoever walks them. A stream is the only work of a
 * node that goes on behind its function.
 */
export async function* untilAborted(
  rows: AsyncIterable<unknown>,
  signal: AbortSignal,
): AsyncGenerator {
  for await (const row of rows) {
    signal.throwIfAborted()
    yield row
  }
}
