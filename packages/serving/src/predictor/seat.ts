import { Worker } from 'node:worker_threads'

import { UsageError } from '@pipewright/engine'

import type { ScoringAnswer } from '../protocol/scoring-answer.ts'
import type { FromThread, ThreadData, ToThread } from './messages.ts'
import type { PendingRequest } from './pending-request.ts'

const condition = '--conditions=@pipewright/source'
/** Whether this code runs from source, so that threads must too. */
const fromSource = import.meta.url.endsWith('.ts')
const entry = new URL(`./thread-main${fromSource ? '.ts' : '.js'}`, import.meta.url)

/** How long a thread may take to let its model go before it is ended, in ms. */
const closeGrace = 5000

/** What the pool hears from a thread. */
export interface SeatEvents {
  /** An answer came; there is room for another request. */
  onAnswer(): void
  /** The thread has ended, with these requests in it. */
  onEnd(reason: string, lost: readonly PendingRequest[]): void
}

/** One thread with a model loaded in it. */
export class Seat {
  readonly #worker: Worker
  readonly #requests = new Map<number, PendingRequest>()
  readonly #exited: Promise<void>
  /** Resolves when the model is loaded. @throws UsageError `MODEL_NOT_LOADED` */
  readonly ready: Promise<void>
  #next = 0
  #closing = false
  #answeredAt = performance.now()
  #reason: string | undefined

  constructor(data: ThreadData, events: SeatEvents) {
    this.#worker = new Worker(entry, {
      workerData: data,
      ...(fromSource && !process.execArgv.includes(condition) ? { execArgv: [condition] } : {}),
    })
    const loaded = Promise.withResolvers<void>()
    this.ready = loaded.promise
    // The pool awaits it, but not when it closes before.
    this.ready.catch(() => undefined)
    this.#worker.on('message', (message: FromThread) => {
      if (message.kind === 'ready') loaded.resolve()
      else if (message.kind === 'unusable') loaded.reject(notLoaded(data.folder.path, message))
      else if (this.#settle(message.id, message.answer)) events.onAnswer()
    })
    this.#worker.on('error', (error: Error) => {
      this.#reason ??= `failed with ${error.name}: ${error.message}`
    })
    this.#exited = new Promise((resolve) => {
      this.#worker.on('exit', (code) => {
        resolve()
        const reason = this.#reason ?? `ended with exit code ${code}`
        loaded.reject(
          notLoaded(data.folder.path, {
            code: undefined,
            message: `Its thread ${reason}.`,
            hint: undefined,
          }),
        )
        const lost = [...this.#requests.values()]
        this.#requests.clear()
        if (!this.#closing) events.onEnd(reason, lost)
      })
    })
  }

  /** Requests that it has and has not answered. */
  get load(): number {
    return this.#requests.size
  }

  /** When it last gave a sign of life, by `performance.now()`. */
  get answeredAt(): number {
    return this.#answeredAt
  }

  /** Hands a request over. */
  score(pending: PendingRequest): void {
    const id = this.#next++
    this.#requests.set(id, pending)
    pending.sentAt = performance.now()
    // A copy: the body may lie in a buffer that other requests share, and another try may need it.
    const body = new Uint8Array(pending.request.body)
    this.#post({ kind: 'score', id, request: { contentType: pending.request.contentType, body } }, [
      body.buffer,
    ])
  }

  /** Whether it has this request. */
  has(pending: PendingRequest): boolean {
    return [...this.#requests.values()].includes(pending)
  }

  /** Takes a request back that nobody waits for any more; the thread may still be at it. */
  forget(pending: PendingRequest): void {
    for (const [id, request] of this.#requests) if (request === pending) this.#requests.delete(id)
  }

  /** Ends a thread that gives no sign of life. What it had is lost. */
  kill(reason: string): void {
    this.#reason = reason
    void this.#worker.terminate()
  }

  /** Lets the model go and ends the thread. */
  async close(): Promise<void> {
    this.#closing = true
    this.#post({ kind: 'close' })
    const timer = setTimeout(() => void this.#worker.terminate(), closeGrace)
    await this.#exited
    clearTimeout(timer)
  }

  #settle(id: number, answer: ScoringAnswer): boolean {
    this.#answeredAt = performance.now()
    const pending = this.#requests.get(id)
    this.#requests.delete(id)
    pending?.settle(answer)
    return pending !== undefined
  }

  #post(message: ToThread, transfer: ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, transfer)
  }
}

function notLoaded(
  folder: string,
  { code, message, hint }: Omit<Extract<FromThread, { kind: 'unusable' }>, 'kind'>,
): UsageError {
  const why = code === undefined ? message : `${code}: ${message}`
  return new UsageError('MODEL_NOT_LOADED', `The model in ${folder} cannot be loaded. ${why}`, {
    hint: hint ?? 'Load it in a script with loadModel of @pipewright/engine/model to see more.',
  })
}
