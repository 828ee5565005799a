import { NodeError } from '@pipewright/engine'
import type { Event, Ledger, NoteReply } from '@pipewright/engine/internal'

import type { Attempt } from './attempt.ts'
import { untilAnswered } from './until-answered.ts'

/** An attempt that runs this long is told to the ledger. Shorter ones cost nothing. */
const notedAfter = 250
/** Pause between two messages about one attempt: metrics, and the question whether to go on. */
const pause = 1000

interface Watched {
  readonly attempt: Attempt
  /** On the clock that does not jump: one that is set back must not silence the watch. */
  lastNote: number
  /** Resolves when the ledger has everything that was said so far. */
  told: Promise<unknown>
  telling: number
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

  /** Stops the attempts of runs that are being cancelled. */
  cancel(runs: readonly string[]): void {
    if (runs.length === 0 || this.#attempts.size === 0) return
    const cancelled = new Set(runs)
    for (const attempt of this.attempts) {
      const { id } = attempt.assignment.run
      if (cancelled.has(id)) attempt.stop('cancelled', runCancelled(id))
    }
  }

  add(attempt: Attempt): void {
    if (this.#stopping !== undefined) attempt.stop('stopping', this.#stopping)
    this.#attempts.set(attempt.assignment.jobId, {
      attempt,
      lastNote: performance.now(),
      told: Promise.resolve(),
      telling: 0,
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

  /** Tells the ledger of events of an attempt. Resolves when it has them, and everything that was said before. */
  async send(attempt: Attempt, events: readonly Event[]): Promise<void> {
    const watched = this.#attempts.get(attempt.assignment.jobId)
    if (watched?.attempt !== attempt) return
    if (events.length > 0) await this.#tell(watched, '', events)
    else await watched.told
  }

  #look(): void {
    const now = performance.now()
    for (const watched of this.#attempts.values()) {
      const wait = watched.attempt.noted ? pause : notedAfter
      if (now - watched.lastNote < wait || watched.telling > 0) continue
      watched.lastNote = now
      this.#note(watched).catch(this.#onError)
    }
  }

  async #note(watched: Watched): Promise<void> {
    const { attempt } = watched
    const { run, index, node, startedAt, start, generation, failures } = attempt.assignment
    const number = attempt.assignment.attempt
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
    const reply = await this.#tell(watched, shown, [...events, ...attempt.drain()])
    if (reply === 'running' || this.find(attempt.assignment.jobId) !== attempt) return
    if (reply === 'cancelling') attempt.stop('cancelled', runCancelled(run.id))
    else attempt.stop('lost', superseded())
  }

  /** Messages about one attempt go one after the other, each until Redis has answered: none is lost, none told twice. */
  async #tell(watched: Watched, shown: string, events: readonly Event[]): Promise<NoteReply> {
    const { run, index } = watched.attempt.assignment
    const note = this.#ledger.note(run.id, index, shown, events)
    const before = watched.told
    const answer = before.then(async () =>
      untilAnswered(this.#ledger.redis, this.#onError, async () => this.#ledger.send(note)),
    )
    watched.telling += 1
    watched.told = answer
      .catch(() => undefined)
      .finally(() => {
        watched.telling -= 1
      })
    return answer
  }
}

function runCancelled(run: string): NodeError {
  return new NodeError('RUN_CANCELLED', `Run ${run} was cancelled.`)
}

function superseded(): NodeError {
  return new NodeError('ATTEMPT_SUPERSEDED', 'This node run has ended without this attempt.')
}
