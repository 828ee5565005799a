import type { Command } from 'commander'

import { duration, wholeNumber } from './amount.ts'

/** Options of a run in this process. */
export interface ForegroundOptions {
  readonly concurrency?: number
  /** Milliseconds. */
  readonly timeout?: number
  /** False with `--no-mlflow`. */
  readonly mlflow: boolean
}

/** Adds the options of a run in this process. */
export function addForegroundOptions(command: Command): Command {
  return command
    .option('-c, --concurrency <number>', 'nodes at a time', wholeNumber)
    .option(
      '--timeout <duration>',
      'cancel the run when it has not ended by then, such as 30m',
      duration,
    )
    .option('--no-mlflow', 'do not record the run now')
    .option('-q, --quiet', 'say nothing but errors')
}
