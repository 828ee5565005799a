import { Worker, type ResourceLimits } from 'node:worker_threads'

import { entryPoint, threadOptions } from './entry-point.ts'
import type { Host, HostEvents, LaunchHost } from './host.ts'
import type { IsolateSetup } from './isolate.ts'
import type { FromIsolate, ToIsolate } from './messages.ts'
import { readLines } from './read-lines.ts'

/** What a thread is started with. */
export interface ThreadData {
  readonly setup: IsolateSetup
  /** One word, shared with the claiming thread: the id of the attempt to be started next, in 32 bits. */
  readonly next: Int32Array<SharedArrayBuffer>
}

/** Starts worker threads. `resourceLimits` bound each one's heap. */
export function launchThread(resourceLimits: ResourceLimits | undefined): LaunchHost {
  return (setup, events) => new ThreadHost(setup, events, resourceLimits)
}

class ThreadHost implements Host {
  readonly capacity: number = Infinity
  readonly kind = 'thread'
  readonly #worker: Worker
  readonly #next = new Int32Array(new SharedArrayBuffer(4))
  #error: Error | undefined

  constructor(setup: IsolateSetup, events: HostEvents, limits: ResourceLimits | undefined) {
    const workerData: ThreadData = { setup, next: this.#next }
    this.#worker = new Worker(entryPoint('thread-main'), {
      workerData,
      ...threadOptions(),
      stdout: true,
      stderr: true,
      ...(limits === undefined ? {} : { resourceLimits: limits }),
    })
    // Trusted as it is: it is made by our own code of the same version, in the same process, and copied by V8. Parsing
    // it with zod would cost as much as the crossing itself. User code that posts to the port is ignored by shape.
    this.#worker.on('message', (batch: readonly FromIsolate[]) => {
      if (Array.isArray(batch)) events.onMessages(batch)
    })
    this.#worker.on('error', (error: Error) => {
      this.#error = error
    })
    this.#worker.on('exit', (code) => events.onEnd(describeEnd(this.#error, code)))
    readLines(this.#worker.stdout, (line) => events.onOutput('info', line))
    readLines(this.#worker.stderr, (line) => events.onOutput('warn', line))
  }

  post(batch: readonly ToIsolate[]): void {
    // The rule takes it for a browser's window.
    // oxlint-disable-next-line unicorn/require-post-message-target-origin
    this.#worker.postMessage(batch)
  }

  unstarted(end: number): number {
    return (end - Atomics.load(this.#next, 0)) | 0
  }

  recall(end: number): number {
    // The thread starts an attempt by moving the word on from its id, so whoever comes first has it.
    for (;;) {
      const next = Atomics.load(this.#next, 0)
      if (Atomics.compareExchange(this.#next, 0, next, end) === next) return (end - next) | 0
    }
  }

  async kill(): Promise<void> {
    await this.#worker.terminate()
  }
}

function describeEnd(error: Error | undefined, code: number): string {
  if (error === undefined) return `ended with exit code ${code}`
  if ('code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY') {
    return 'ran out of memory'
  }
  return `ended with ${error.name}: ${error.message}`
}
