import { NodeError } from '@pipewright/engine'
import type { Event, Ledger } from '@pipewright/engine/internal'

import type { Attempt } from './attempt.ts'

/** An attempt that runs this long is told to the ledger. Shorter ones cost nothing. */
const notedAfter = 250
/** Pause between two messages about one attempt: metrics, and the question whether to go on. */
const pause = 1000

interface Watched {
  readonly attempt: Attempt
  lastNote: number
}

/** Watches the attempts of a worker: tells of those that run long, sends their metrics, stops those of cancelled runs. */
export class Watch {
  readonly #ledger: Ledger
  readonly #worker: string
  readonly #onError: (error: unknown) => void
  readonly #attempts = new Map<string, Watched>()
  readonly #timer: NodeJS.Timeout
  #stopping: Error | undefined

  constructor(ledger: Ledger, worker: string, onError: (error: unknown) => void) {
    this.#ledger = ledger
    this.#worker = worker
    this.#onError = onError
    this.#timer = setInterval(() => this.#look(), notedAfter)
  }

  /** The attempts under way. */
  get attempts(): readonly Attempt[] {
    return [...this.#attempts.values()].map(({ attempt }) => attempt)
  }

  /** The attempt of a job, if it is under way. */
  find(jobId: string): Attempt | undefined {
    return this.#attempts.get(jobId)?.attempt
  }

  /** Stops all attempts, and those that a claim under way still brings. */
  stopAll(reason: Error): void {
    this.#stopping = reason
    for (const attempt of this.attempts) attempt.stop('stopping', reason)
  }

  add(attempt: Attempt): void {
    if (this.#stopping !== undefined) attempt.stop('stopping', this.#stopping)
    this.#attempts.set(attempt.assignment.jobId, {
      attempt,
      lastNote: attempt.assignment.startedAt,
    })
  }

  remove(attempt: Attempt): void {
    if (this.find(attempt.assignment.jobId) === attempt) {
      this.#attempts.delete(attempt.assignment.jobId)
    }
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #look(): void {
    const now = Date.now()
    for (const watched of this.#attempts.values()) {
      const wait = watched.attempt.noted ? pause : notedAfter
      if (now - watched.lastNote < wait) continue
      watched.lastNote = now
      this.#note(watched.attempt).catch(this.#onError)
    }
  }

  async #note(attempt: Attempt): Promise<void> {
    const {
      run,
      index,
      node,
      startedAt,
      attempt: number,
      generation,
      failures,
      start,
    } = attempt.assignment
    const events: Event[] = []
    let shown = ''
    if (!attempt.noted) {
      attempt.noted = true
      const started = { run: run.id, node: node.name, index, attempt: number, worker: this.#worker }
      events.push({ type: 'node_started', ...started, at: startedAt })
      const place = { generation, base: number - start.count, failures }
      shown = JSON.stringify({
        ...place,
        status: 'running',
        attempt: number,
        startedAt,
        worker: this.#worker,
      })
    }
    const reply = await this.#ledger.note(run.id, index, shown, [...events, ...attempt.drain()])
    if (reply === 'running' || this.find(attempt.assignment.jobId) !== attempt) return
    if (reply === 'cancelling') {
      attempt.stop('cancelled', new NodeError('RUN_CANCELLED', `Run ${run.id} was cancelled.`))
    } else {
      attempt.stop(
        'lost',
        new NodeError('ATTEMPT_SUPERSEDED', 'This node run has ended without this attempt.'),
      )
    }
  }
}
