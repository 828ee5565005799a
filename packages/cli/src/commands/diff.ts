import type { Command } from 'commander'

import type { CommandFile } from '../command-file.ts'
import { addOutputOptions } from '../options/output-options.ts'
import { addProjectOptions } from '../options/project-options.ts'

/** `pipewright diff RUN_A RUN_B` */
export const diff: CommandFile = (command: Command, setExitCode) => {
  command
    .description(
      'Says what differs between two runs: the first difference in code, params and inputs, node by node, and the metrics side by side. It only reads.',
    )
    .argument('<run-a>', 'id of a run, or "last" for the newest')
    .argument('<run-b>', 'id of the run that is compared with it, or "last"')
  addOutputOptions(addProjectOptions(command), 'one JSON object')
  command.action(async (a: string, b: string) => {
    const { compareRuns } = await import('../actions/compare-runs.ts')
    setExitCode(await compareRuns(a, b, command.opts()))
  })
}
