import type { Command } from 'commander'

import { addAdmissionOptions, type AdmissionOptions } from './admission-options.ts'
import { duration } from './amount.ts'
import { another, commaList } from './comma-list.ts'
import { addDurabilityOption, type DurabilityOption } from './durability-option.ts'

/** Everything that says what a run is: for `run` and `enqueue`. */
export interface RunOptions extends DurabilityOption, AdmissionOptions {
  readonly params?: readonly string[]
  readonly fromNodes?: readonly string[]
  readonly toNodes?: readonly string[]
  readonly nodes?: readonly string[]
  readonly tags?: readonly string[]
  readonly fromInputs?: readonly string[]
  readonly toOutputs?: readonly string[]
  readonly key?: string
  readonly loadVersions?: readonly string[]
  readonly tag?: readonly string[]
  readonly reuse?: boolean
  /** Milliseconds. */
  readonly reuseFor?: number
}

/** Adds the options that say what a run is. */
export function addRunOptions(command: Command): Command {
  return addAdmissionOptions(addDurabilityOption(command))
    .option('-p, --params <name=value...>', 'params, such as train.epochs=50 seed=7')
    .option('--from-nodes <names>', 'these nodes and all that depend on them', commaList)
    .option('--to-nodes <names>', 'these nodes and all that they need', commaList)
    .option('-n, --nodes <names>', 'these nodes only', commaList)
    .option('--tags <names>', 'nodes with one of these tags', commaList)
    .option('--from-inputs <names>', 'nodes that depend on these datasets', commaList)
    .option('--to-outputs <names>', 'nodes that these datasets need', commaList)
    .option(
      '--load-versions <dataset:version,…>',
      'versions to read of versioned inputs, in place of the newest',
      commaList,
    )
    .option('--key <text>', 'idempotency key: a second run with it is the first one')
    .option('--tag <name=value>', 'tag of the run in MLflow; may be repeated', another)
    .option('--reuse', 'take results of earlier runs wherever code, params and inputs are the same')
    .option('--reuse-for <duration>', 'how old such a result may be, such as 7d', duration)
}
