import { availableParallelism } from 'node:os'

import type { Isolate, IsolateSetup } from './isolate.ts'
import { PooledIsolate, type OnOutput } from './pooled-isolate.ts'
import { launchProcess } from './process-host.ts'

/** Options of `processIsolate`. */
export interface ProcessOptions {
  /** Processes at most; further attempts wait. Default: four for each available core. */
  readonly processes?: number
  readonly onOutput: OnOutput
}

/** Runs each attempt in a child process that runs nothing else meanwhile, so only the guilty dies of a crash. */
export function processIsolate(setup: IsolateSetup, options: ProcessOptions): Isolate {
  const most = options.processes ?? availableParallelism() * 4
  return new PooledIsolate(setup, {
    launch: launchProcess,
    usual: most,
    most,
    kept: Math.min(most, availableParallelism()),
    onOutput: options.onOutput,
  })
}
