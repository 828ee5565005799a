/** Warnings and errors that an outage may write in a second: ten lines, with those that tell that it began and is over. */
const mostLines = 8
/** Milliseconds: a little more than a second, for a line may be written, and get its time, a little later than it was let through. */
const window = 1100

/**
 * Lets through at most eight messages in any second and counts the rest: an outage must fill neither the disk nor a screen.
 * One for all that a process says about trouble.
 */
export class LogLimit {
  /** When the last eight were let through, oldest first. */
  readonly #passed: number[] = []
  #leftOut = 0

  /**
   * Whether a message may be written now: how many were left out since the last one that was, or undefined when this one is
   * to be left out too.
   */
  admit(): number | undefined {
    const now = performance.now()
    const [oldest] = this.#passed
    if (oldest !== undefined && this.#passed.length >= mostLines) {
      if (now - oldest < window) {
        this.#leftOut += 1
        return undefined
      }
      this.#passed.shift()
    }
    this.#passed.push(now)
    const leftOut = this.#leftOut
    this.#leftOut = 0
    return leftOut
  }
}

/** The message with how many were left out before it. */
export function withLeftOut(message: string, leftOut: number): string {
  return leftOut === 0 ? message : `${message} (${leftOut} messages left out before)`
}
