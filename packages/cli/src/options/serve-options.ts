import type { Command } from 'commander'

import { duration, wholeNumber } from './amount.ts'
import { commaList } from './comma-list.ts'
import { addDurabilityOption, type DurabilityOption } from './durability-option.ts'

/** What a worker serves and how. */
export interface ServeOptions extends DurabilityOption {
  readonly queues?: readonly string[]
  readonly concurrency?: number
  readonly resources?: readonly string[]
  readonly threads?: number
  readonly name?: string
  /** False with `--no-scheduler`. */
  readonly scheduler?: boolean
  /** Milliseconds. */
  readonly grace?: number
}

/** Adds the options of a worker. */
export function addServeOptions(command: Command): Command {
  return addDurabilityOption(command)
    .option(
      '--queues <names>',
      'queues to serve (default: worker.queues of pipewright.yml)',
      commaList,
    )
    .option('-c, --concurrency <number>', 'nodes at a time', wholeNumber)
    .option(
      '--resources <amounts>',
      'what it offers to nodes, such as gpu=1,memory=8GiB (default: worker.resources of pipewright.yml)',
      commaList,
    )
    .option('--threads <number>', 'threads that run nodes', wholeNumber)
    .option('--name <name>', 'name in logs and MLflow (default: host and process id)')
    .option('--no-scheduler', 'publish and fire no schedules; other workers do')
    .option('--grace <duration>', 'how long running nodes have at the end (default: 30s)', duration)
}
