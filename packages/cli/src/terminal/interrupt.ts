import { exitCodes } from '../exit-code.ts'

/**
 * Ctrl-C and SIGTERM for the time of a command. The first one aborts `signal` and calls what was given to `onFirst`; the
 * second one ends the process at once.
 */
export class Interrupt {
  readonly #controller = new AbortController()
  readonly #listener = (): void => this.#happened()
  #action: (() => void) | undefined

  constructor() {
    process.on('SIGINT', this.#listener)
    process.on('SIGTERM', this.#listener)
  }

  /** Aborted at the first interrupt. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** What the first interrupt does from now on; at once, when it has happened already. */
  onFirst(action: () => void): void {
    this.#action = action
    if (this.signal.aborted) action()
  }

  /** Back to what the process does by itself. */
  dispose(): void {
    process.off('SIGINT', this.#listener)
    process.off('SIGTERM', this.#listener)
  }

  #happened(): void {
    if (this.signal.aborted) process.exit(exitCodes.interrupted)
    this.#controller.abort(new Error('interrupted'))
    this.#action?.()
  }
}
