import type { Command } from 'commander'

import type { CommandFile } from '../command-file.ts'
import { addOutputOptions } from '../options/output-options.ts'
import { addProjectOptions } from '../options/project-options.ts'

/** `pipewright doctor` */
export const doctor: CommandFile = (command: Command, setExitCode) => {
  command.description(
    'Checks Node, Python, the project, its data, the store, Redis and MLflow: a line each, with what to do. Nothing is started or installed. Exit code 3 for the project, 4 for services.',
  )
  addOutputOptions(addProjectOptions(command), 'one JSON object a check')
  command.action(async () => {
    const { checkUp } = await import('../actions/check-up.ts')
    setExitCode(await checkUp(command.opts()))
  })
}
