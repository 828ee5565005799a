/** Lines that one thread or process may print in a second: a node that prints without end must not fill its worker. */
export const mostLines = 2000

/** Leaves out lines beyond the limit, and counts them. */
export class LineLimit {
  #second = -1
  #admitted = 0
  #leftOut = 0

  /** Whether a line may be printed now. */
  admit(): boolean {
    const second = Math.floor(performance.now() / 1000)
    if (second !== this.#second) {
      this.#second = second
      this.#admitted = 0
    }
    if (this.#admitted < mostLines) {
      this.#admitted += 1
      return true
    }
    this.#leftOut += 1
    return false
  }

  /** What there is to say about lines that were left out since the last call; undefined when there were none. */
  takeNotice(): string | undefined {
    const leftOut = this.#leftOut
    this.#leftOut = 0
    return leftOut === 0
      ? undefined
      : `${leftOut} lines were left out: more than ${mostLines} were printed in a second.`
  }
}
