import type { Command } from 'commander'

/** How a command speaks. */
export interface OutputOptions {
  readonly json?: boolean
  readonly verbose?: boolean
  readonly quiet?: boolean
}

/** Adds `--json` and `--verbose`. */
export function addOutputOptions(command: Command, json: string): Command {
  return command
    .option('--json', json)
    .option('-v, --verbose', 'say more, and show stacks of errors')
}
