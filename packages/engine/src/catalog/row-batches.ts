import type { RowBatches } from './driver.ts'

/** Rows of one batch: enough to make a batch cheap, few enough that wide rows stay few megabytes. */
const batchRows = 500

/** Gathers rows as they come. */
export async function* batchesOf(rows: AsyncIterable<unknown>): RowBatches {
  let batch: unknown[] = []
  for await (const row of rows) {
    batch.push(row)
    if (batch.length < batchRows) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}

/**
 * Hands batches out row by row.
 *
 * @param open Called each time that the rows are walked, and not before.
 */
export function rowsOf(open: () => RowBatches): AsyncIterable<unknown> {
  return { [Symbol.asyncIterator]: () => new RowIterator(open()[Symbol.asyncIterator]()) }
}

/** A generator would wait three times for each row; most rows are there already. */
class RowIterator implements AsyncIterator<unknown> {
  readonly #batches: AsyncIterator<readonly unknown[]>
  #batch: readonly unknown[] = []
  #next = 0

  constructor(batches: AsyncIterator<readonly unknown[]>) {
    this.#batches = batches
  }

  next(): Promise<IteratorResult<unknown>> {
    return this.#next < this.#batch.length
      ? Promise.resolve({ done: false, value: this.#batch[this.#next++] })
      : this.#advance()
  }

  async return(): Promise<IteratorResult<unknown>> {
    this.#batch = []
    await this.#batches.return?.()
    return { done: true, value: undefined }
  }

  async #advance(): Promise<IteratorResult<unknown>> {
    for (;;) {
      const { done, value } = await this.#batches.next()
      if (done === true) return { done: true, value: undefined }
      this.#batch = value
      this.#next = 1
      if (value.length > 0) return { done: false, value: value[0] }
    }
  }
}
