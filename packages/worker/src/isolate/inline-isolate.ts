import { describeFailure } from '@pipewright/engine/isolate'

import type {
  AttemptExecution,
  AttemptObserver,
  AttemptRequest,
  AttemptResult,
  Isolate,
  IsolateSetup,
} from './isolate.ts'
import { lostAttempt } from './lost-attempt.ts'
import { createNodeRunner, type NodeRunner } from './node-runner.ts'
import type { LoadedProject } from './open-project.ts'

/**
 * Runs attempts in the claiming thread itself: the cheapest way, for nodes that only await or do next to nothing. A
 * synchronous loop in one stops the claiming thread, so leases are not renewed while it lasts.
 *
 * The project is loaded at the first attempt; when that fails, so does every attempt.
 */
export function inlineIsolate(setup: IsolateSetup | LoadedProject): Isolate {
  let runner: Promise<NodeRunner> | undefined
  const executions = new Set<InlineExecution>()
  return {
    execute(request, observer) {
      runner ??= createNodeRunner(setup)
      const execution = new InlineExecution(runner, request, observer)
      executions.add(execution)
      void execution.result.then(() => executions.delete(execution))
      return execution
    },
    async close() {
      for (const execution of executions) execution.lose()
    },
  }
}

class InlineExecution implements AttemptExecution {
  readonly result: Promise<AttemptResult>
  readonly #controller = new AbortController()
  #settle: (result: AttemptResult) => void = () => {}
  #settled = false

  constructor(runner: Promise<NodeRunner>, request: AttemptRequest, observer: AttemptObserver) {
    this.result = new Promise((resolve) => {
      this.#settle = (result) => {
        this.#settled = true
        resolve(result)
      }
    })
    void this.#run(runner, request, observer)
  }

  abort(reason: Error): void {
    this.#controller.abort(reason)
  }

  /** Gives the attempt up: its function goes on by itself, and what it still reports is dropped. */
  async terminate(reason: Error): Promise<void> {
    this.abort(reason)
    this.#settle({ type: 'failed', ...describeFailure(reason) })
  }

  lose(): void {
    const lost = lostAttempt('the worker is closing')
    this.abort(new Error(lost.reason.message))
    this.#settle(lost)
  }

  async #run(
    runner: Promise<NodeRunner>,
    request: AttemptRequest,
    observer: AttemptObserver,
  ): Promise<void> {
    try {
      const loaded = await runner
      if (request.announce === true && !this.#settled) observer.onBegun?.()
      const result = await loaded.run(request, {
        signal: this.#controller.signal,
        observer: {
          onMetric: (key, value, step, at) => {
            if (!this.#settled) observer.onMetric(key, value, step, at)
          },
          onLog: (level, message, fields) => {
            if (!this.#settled) observer.onLog(level, message, fields)
          },
        },
      })
      this.#settle(result)
    } catch (error) {
      this.#settle({ type: 'failed', ...describeFailure(error) })
    }
  }
}
