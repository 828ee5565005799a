import { HttpError } from '../http/http-error.ts'

/** The streams of events that are open: each holds a connection and memory, so they are counted. */
export class Streams {
  readonly #most: number
  readonly #open = new Set<AbortController>()

  constructor(most: number) {
    this.#most = most
  }

  /**
   * Opens one. Its signal is aborted with `gone`, and when the server closes.
   *
   * @throws HttpError `TOO_MANY_STREAMS`
   */
  open(gone: AbortSignal): AbortSignal {
    if (this.#open.size >= this.#most) {
      throw new HttpError('TOO_MANY_STREAMS', 503, 'Too many streams of events are open.', {
        headers: { 'retry-after': '5' },
        hint: 'Try again later; server.maxStreams of pipewright.yml is the limit.',
      })
    }
    const controller = new AbortController()
    this.#open.add(controller)
    const end = (): void => {
      this.#open.delete(controller)
      controller.abort()
    }
    if (gone.aborted) end()
    else gone.addEventListener('abort', end, { once: true })
    return controller.signal
  }

  /** Ends all. */
  close(): void {
    for (const controller of this.#open) controller.abort()
  }
}
