import type { Command } from 'commander'

import type { CommandFile } from '../command-file.ts'
import { addForegroundOptions } from '../options/foreground-options.ts'
import { addOutputOptions } from '../options/output-options.ts'
import { addProjectOptions } from '../options/project-options.ts'
import { addRunOptions } from '../options/run-options.ts'

/** `pipewright resume [RUN]` */
export const resume: CommandFile = (command: Command, setExitCode) => {
  command
    .description(
      'Goes on with a run that has ended, as a new run with the code and the configuration of now: nodes of which code, params and inputs are as they were keep what it has committed, the others run. Params that it was given are given again.',
    )
    .argument('[run]', 'id of the run, or "last" for the newest', 'last')
    .option('--plan', 'only say which nodes keep their results, which run, and why')
    .option('--same-params', 'all params as the run had them, also those of its configuration')
    .option('--enqueue', 'hand the new run to workers, print its id and do not wait')
  addForegroundOptions(addRunOptions(command))
  addProjectOptions(command)
  addOutputOptions(command, 'as `run`; with --plan one JSON object')
  command.action(async (run: string) => {
    const { resumeRun } = await import('../actions/resume-run.ts')
    setExitCode(await resumeRun(run, command.opts()))
  })
}
