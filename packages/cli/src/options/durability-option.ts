import type { DurabilityMode } from '@pipewright/engine/client'
import type { DurabilityOptions } from '@pipewright/engine/internal'
import { Option, type Command } from 'commander'

import type { OpenedConfig } from '../project/open-project.ts'

/** When what a command writes counts as done. */
export interface DurabilityOption {
  readonly durability?: DurabilityMode
}

/** Adds `--durability`. */
export function addDurabilityOption(command: Command): Command {
  return command.addOption(
    new Option(
      '--durability <mode>',
      'with strict, what is written counts when it is on the disk of Redis (default: redis.durability of pipewright.yml)',
    ).choices(['default', 'strict']),
  )
}

/** The option, else what `pipewright.yml` says. */
export function durabilityOf(
  { config }: Pick<OpenedConfig, 'config'>,
  option?: DurabilityMode,
): DurabilityOptions {
  const { durability, replicas } = config.pipewright.redis
  return { durability: option ?? durability, replicas }
}
