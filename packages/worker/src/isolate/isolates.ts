import type { Isolation } from '@pipewright/engine'

import { inlineIsolate } from './inline-isolate.ts'
import type { Isolate, Isolates, IsolateSetup } from './isolate.ts'
import type { LoadedProject } from './open-project.ts'
import { processIsolate, type ProcessOptions } from './process-isolate.ts'
import { threadIsolate, type ThreadOptions } from './thread-isolate.ts'

/** Options of `openIsolates`. */
export interface IsolatesOptions extends Partial<ThreadOptions>, Partial<ProcessOptions> {
  /** The project, when this thread has loaded it already: inline attempts use it. Default: loaded when first needed. */
  readonly loaded?: LoadedProject
}

/** Opens the isolates of a worker. Threads and processes are started when the first attempt asks for them. */
export function openIsolates(setup: IsolateSetup, options: IsolatesOptions = {}): Isolates {
  const opened = new Map<Isolation, Isolate>()
  const pool = { onOutput: printed, ...options }
  const open = {
    inline: () => inlineIsolate(options.loaded ?? setup),
    thread: () => threadIsolate(setup, pool),
    process: () => processIsolate(setup, pool),
    // Threads of their own, so that no loop of a neighbour keeps a Python process waiting. They share warm processes.
    python: () => threadIsolate(setup, { ...pool, threads: 1, mostThreads: 4 }),
  }
  return {
    of(isolation) {
      const known = opened.get(isolation)
      if (known !== undefined) return known
      const isolate = open[isolation]()
      opened.set(isolation, isolate)
      return isolate
    },
    async close() {
      await Promise.all([...opened.values()].map((isolate) => isolate.close()))
    },
  }
}

/** What isolates print outside of attempts goes where this process prints its own warnings. */
function printed(_level: string, line: string): void {
  process.stderr.write(`${line}\n`)
}
