import type { Command } from 'commander'

import type { CommandFile } from '../command-file.ts'
import { addOutputOptions } from '../options/output-options.ts'
import { addProjectOptions } from '../options/project-options.ts'

/** `pipewright why` */
export const why: CommandFile = (command: Command, setExitCode) => {
  command
    .description('Says exactly why a run, or a node of it, does not move. It only reads.')
    .argument('<run>', 'id of the run, or "last" for the newest')
    .argument('[node]', 'node of the run (default: the run as a whole)')
  addOutputOptions(addProjectOptions(command), 'one JSON object')
  command.action(async (run: string, node: string | undefined) => {
    const { sayWhy } = await import('../actions/say-why.ts')
    setExitCode(await sayWhy(run, node, command.opts()))
  })
}
