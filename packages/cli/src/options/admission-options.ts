import type { Command } from 'commander'

import { duration } from './amount.ts'

/** How soon a run begins and which place it has among others. */
export interface AdmissionOptions {
  readonly priority?: number
  readonly concurrencyKey?: string
  /** Milliseconds; only of `enqueue`. */
  readonly delay?: number
}

/** Adds the options that say when a run may begin. */
export function addAdmissionOptions(command: Command): Command {
  return command
    .option('--priority <number>', 'from -100 to 100; the highest goes first (default: 0)', Number)
    .option('--concurrency-key <text>', 'runs with the same one share the limit per key')
}

/** Adds the option that lets a run begin later. */
export function addDelayOption(command: Command): Command {
  return command.option('--delay <duration>', 'begin after this time, such as 10m', duration)
}
