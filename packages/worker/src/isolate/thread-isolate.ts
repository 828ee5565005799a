import { availableParallelism } from 'node:os'
import type { ResourceLimits } from 'node:worker_threads'

import type { Isolate, IsolateSetup } from './isolate.ts'
import { PooledIsolate, type OnOutput } from './pooled-isolate.ts'
import { launchThread } from './thread-host.ts'

/** Options of `threadIsolate`. */
export interface ThreadOptions {
  /** Threads in ordinary use. Default: one for each available core. */
  readonly threads?: number
  /** Threads at most, while others are held by synchronous loops. Default: four for each of `threads`. */
  readonly mostThreads?: number
  /**
   * Bounds of each thread's heap. Default: Node's. Bound the young generation with the old one: when what it holds does
   * not fit into the last 16 MB that Node leaves to a full thread, V8 aborts the whole process.
   */
  readonly resourceLimits?: ResourceLimits
  readonly onOutput: OnOutput
}

/**
 * Runs attempts in worker threads, several in each as far as they await. What a thread in a synchronous loop has not
 * begun goes to others.
 */
export function threadIsolate(setup: IsolateSetup, options: ThreadOptions): Isolate {
  const usual = options.threads ?? availableParallelism()
  return new PooledIsolate(setup, {
    launch: launchThread(options.resourceLimits),
    usual,
    most: Math.max(usual, options.mostThreads ?? usual * 4),
    kept: usual,
    onOutput: options.onOutput,
  })
}
