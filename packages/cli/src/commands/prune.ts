import { Option, type Command } from 'commander'

import type { CommandFile } from '../command-file.ts'
import { duration, wholeNumber } from '../options/amount.ts'
import { addOutputOptions } from '../options/output-options.ts'
import { addProjectOptions } from '../options/project-options.ts'

/** `pipewright prune` */
export const prune: CommandFile = (command: Command, setExitCode) => {
  command
    .description(
      'Removes ended runs now, with their records, results, files and dead letters: by default those that "retention" of pipewright.yml no longer keeps. Runs that have not ended, the catalog’s files and MLflow are never touched.',
    )
    .option('--older-than <time>', 'only runs that ended so long ago, such as 30d', duration)
    .option('--keep <number>', 'the newest so many stay', wholeNumber)
    .addOption(
      new Option('--failed', 'only runs that failed or were cancelled').conflicts('succeeded'),
    )
    .option('--succeeded', 'only runs that succeeded')
    .option('--dry-run', 'say exactly what would go, and remove nothing')
  addOutputOptions(addProjectOptions(command), 'one JSON object')
  command.action(async () => {
    const { pruneRuns } = await import('../actions/prune-runs.ts')
    setExitCode(await pruneRuns(command.opts()))
  })
}
