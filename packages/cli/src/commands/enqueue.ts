import type { Command } from 'commander'

import type { CommandFile } from '../command-file.ts'
import { addDelayOption } from '../options/admission-options.ts'
import { addOutputOptions } from '../options/output-options.ts'
import { addProjectOptions } from '../options/project-options.ts'
import { addRunOptions } from '../options/run-options.ts'

/** `pipewright enqueue PIPELINE` */
export const enqueue: CommandFile = (command: Command, setExitCode) => {
  command
    .description('Hands a run to the workers of this Redis, prints its id and does not wait.')
    .argument('<pipeline>', 'name of the pipeline')
  addDelayOption(addRunOptions(command))
  addOutputOptions(addProjectOptions(command), 'one JSON object')
  command.action(async (pipeline: string) => {
    const { enqueueRun } = await import('../actions/enqueue-run.ts')
    setExitCode(await enqueueRun(pipeline, command.opts()))
  })
}
