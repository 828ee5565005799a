import { setTimeout as wait } from 'node:timers/promises'

import { describeFailure, type LogLevel, type NodeFailure } from '@pipewright/engine/isolate'

import { crashFailure } from './crash-failure.ts'
import type { HostEvents, LaunchHost } from './host.ts'
import type {
  AttemptExecution,
  AttemptObserver,
  AttemptRequest,
  AttemptResult,
  Isolate,
  IsolateSetup,
} from './isolate.ts'
import { lostAttempt } from './lost-attempt.ts'
import type { FromIsolate } from './messages.ts'
import { PooledAttempt, type AttemptEnder } from './pooled-attempt.ts'
import { Seat } from './seat.ts'

/** Takes what threads and processes print outside of any attempt. */
export type OnOutput = (level: LogLevel, line: string) => void

/** How many threads or processes a pool has, and how they are started. */
export interface PoolOptions {
  readonly launch: LaunchHost
  /** Started as attempts come, one for each that finds the others at work. */
  readonly usual: number
  /** Started at most: beyond `usual` only for attempts that none of the others starts for 250 ms. */
  readonly most: number
  /** Kept when nothing runs in them; others end after 30 s of rest. */
  readonly kept: number
  readonly onOutput: OnOutput
}

/** Between looks at threads that were given something, in ms. */
const watchInterval = 50
/** An attempt that nobody starts for so long, in ms, is worth another thread. */
const patience = 250
const restBeforeEnd = 30_000
/** A thread in native code ends when that returns; nobody waits longer for it, in ms. */
const longestKill = 2000

/** Runs attempts in a pool of threads or processes, each started when it is first needed. */
export class PooledIsolate implements Isolate, AttemptEnder {
  readonly #setup: IsolateSetup
  readonly #options: PoolOptions
  readonly #seats = new Set<Seat>()
  readonly #rests = new Map<Seat, NodeJS.Timeout>()
  #waiting: PooledAttempt[] = []
  #watch: NodeJS.Timeout | undefined
  #closed = false

  constructor(setup: IsolateSetup, options: PoolOptions) {
    this.#setup = setup
    this.#options = options
  }

  warm(): void {
    if (!this.#closed && this.#seats.size === 0) this.#grow(this.#options.usual)
  }

  execute(request: AttemptRequest, observer: AttemptObserver): AttemptExecution {
    const attempt = new PooledAttempt(request, observer, this)
    if (this.#closed) {
      attempt.settle(closing)
      return attempt
    }
    this.#waiting.push(attempt)
    this.#place()
    return attempt
  }

  /** Ends the thread or process that an attempt runs in. What else runs there is lost, what has not begun goes elsewhere. */
  async terminate(attempt: PooledAttempt, reason: Error): Promise<void> {
    const seat = [...this.#seats].find((each) => each === attempt.seat)
    if (seat !== undefined) this.#putBack(seat.recall())
    const failed = { type: 'failed', ...describeFailure(reason) } as const
    if (seat === undefined || attempt.seat === undefined) {
      this.#waiting = this.#waiting.filter((other) => other !== attempt)
      attempt.settle(failed)
    } else {
      await this.#end(seat)
      attempt.settle(failed)
      const lost = lostAttempt(
        `another attempt in its ${seat.host.kind}, of node "${attempt.request.instance}", had to be stopped`,
      )
      for (const other of seat.running.values()) other.settle(lost)
    }
    this.#place()
  }

  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#watch)
    const seats = [...this.#seats]
    await Promise.all(seats.map((seat) => this.#end(seat)))
    for (const attempt of this.#waiting) attempt.settle(closing)
    for (const seat of seats) for (const attempt of seat.running.values()) attempt.settle(closing)
  }

  #putBack(attempts: readonly PooledAttempt[]): void {
    if (attempts.length > 0) this.#waiting = [...attempts, ...this.#waiting]
  }

  /** Gives each waiting attempt to the thread or process with the fewest. */
  #place(): void {
    if (this.#closed) return
    let placed = 0
    for (const attempt of this.#waiting) {
      const seat = this.#leastBusy()
      if (seat === undefined) break
      if (seat.running.size > 0) this.#grow(this.#options.usual)
      seat.give(attempt)
      this.#keep(seat)
      placed++
    }
    this.#waiting.splice(0, placed)
    if (this.#waiting.length > 0) this.#grow(this.#options.usual)
    this.#watchOn()
  }

  #leastBusy(): Seat | undefined {
    let best: Seat | undefined
    for (const seat of this.#seats) {
      if (seat.open && seat.running.size < (best?.running.size ?? Infinity)) best = seat
    }
    return best
  }

  /** Starts another, unless there are `most` or those that are starting will do. */
  #grow(most: number): void {
    const starting = [...this.#seats].filter((seat) => seat.state === 'starting').length
    if (this.#seats.size >= most || starting >= Math.max(1, this.#waiting.length)) return
    const events: HostEvents = {
      onMessages: (batch) => {
        for (const message of batch) this.#receive(seat, message)
      },
      onOutput: (level, line) => this.#log(seat, undefined, level, line),
      onEnd: (cause) => this.#onEnd(seat, cause),
    }
    const seat: Seat = new Seat(this.#setup, this.#options.launch, events)
    this.#seats.add(seat)
  }

  #receive(seat: Seat, message: FromIsolate): void {
    switch (message.type) {
      case 'result':
        this.#onResult(seat, message.id, message.result)
        break
      case 'begun':
      case 'metrics':
        report(seat.running.get(message.id)?.observer, message)
        break
      case 'log':
        this.#log(seat, message.id, message.level, message.message, message.fields)
        break
      case 'ready':
        seat.state = 'ready'
        this.#rest(seat)
        this.#place()
        break
      case 'pong':
        seat.stuck = false
        this.#place()
        break
      case 'refused':
        void this.#end(seat)
        this.#refuse(message.failure)
        break
      case 'crashing':
        seat.crash = message
        break
    }
  }

  #onResult(seat: Seat, id: number, result: AttemptResult): void {
    seat.running.get(id)?.settle(result)
    seat.running.delete(id)
    if (seat.running.size === 0) this.#rest(seat)
    if (this.#waiting.length > 0) this.#place()
  }

  #log(
    seat: Seat,
    id: number | undefined,
    level: LogLevel,
    line: string,
    fields: Fields = {},
  ): void {
    // Output that names no attempt is the only one's that runs there.
    const only = seat.running.size === 1 ? seat.running.values().next().value : undefined
    const attempt = id === undefined ? only : seat.running.get(id)
    if (attempt === undefined) this.#options.onOutput(level, line)
    else attempt.observer.onLog(level, line, fields)
  }

  /** The isolate ended by itself: who did it has failed, the others are lost. */
  #onEnd(seat: Seat, cause: string): void {
    if (seat.state === 'ended') return
    const starting = seat.state === 'starting'
    this.#forget(seat)
    this.#putBack(seat.recall())
    const crash = seat.crash ?? { cause }
    if (starting) this.#refuse(crashFailure(seat.host.kind, 'while it loaded the project', crash))
    const guilty = guiltyOf(seat)
    for (const attempt of seat.running.values()) {
      const node = `while it ran node "${attempt.request.instance}"`
      if (attempt === guilty) {
        const failure = crashFailure(seat.host.kind, node, crash)
        attempt.settle({ type: 'failed', failure, retryable: true })
      } else {
        attempt.settle(lostAttempt(`its ${seat.host.kind} ${crash.cause}`))
      }
    }
    this.#place()
  }

  /** The project cannot be loaded, so nothing that waits can run, unless one that loaded it earlier is left. */
  #refuse(failure: NodeFailure): void {
    if ([...this.#seats].some((seat) => seat.state === 'ready')) return
    const attempts = this.#waiting
    this.#waiting = []
    const refused = { type: 'failed', failure, retryable: true, unstarted: true } as const
    for (const attempt of attempts) attempt.settle(refused)
  }

  #forget(seat: Seat): void {
    seat.state = 'ended'
    this.#seats.delete(seat)
    this.#keep(seat)
  }

  async #end(seat: Seat): Promise<void> {
    this.#forget(seat)
    await Promise.race([seat.host.kill(), wait(longestKill, undefined, { ref: false })])
  }

  #rest(seat: Seat): void {
    if (this.#seats.size <= this.#options.kept || this.#rests.has(seat)) return
    const end = (): void => {
      if (this.#seats.size > this.#options.kept) void this.#end(seat)
    }
    this.#rests.set(seat, setTimeout(end, restBeforeEnd).unref())
  }

  #keep(seat: Seat): void {
    clearTimeout(this.#rests.get(seat))
    this.#rests.delete(seat)
  }

  #watchOn(): void {
    if (this.#watch !== undefined || this.#closed) return
    const needed =
      this.#waiting.length > 0 || [...this.#seats].some((seat) => seat.running.size > 0)
    if (needed) this.#watch = setTimeout(() => this.#look(), watchInterval).unref()
  }

  /** Takes back what a thread in a synchronous loop has not begun, and gives it to others. */
  #look(): void {
    this.#watch = undefined
    for (const seat of this.#seats) {
      if (seat.state !== 'ready' || !seat.standsStill()) continue
      this.#putBack(seat.recall())
      seat.suspend()
    }
    this.#place()
    const oldest = this.#waiting[0]
    if (oldest !== undefined && performance.now() - oldest.since > patience) {
      this.#grow(this.#options.most)
    }
  }
}

type Fields = Readonly<Record<string, unknown>>

const closing = lostAttempt('the worker is closing')

function guiltyOf({ crash, running }: Seat): PooledAttempt | undefined {
  if (crash?.id !== undefined) return running.get(crash.id)
  return running.size === 1 ? running.values().next().value : undefined
}

/** Hands on what an attempt tells while it runs; dropped when it has been settled meanwhile. */
function report(
  observer: AttemptObserver | undefined,
  message: Extract<FromIsolate, { type: 'begun' | 'metrics' }>,
): void {
  if (message.type === 'begun') observer?.onBegun?.()
  else for (const metric of message.metrics) observer?.onMetric(...metric)
}
