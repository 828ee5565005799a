import type { Command } from 'commander'

import type { CommandFile } from '../command-file.ts'
import { addOutputOptions } from '../options/output-options.ts'
import { addProjectOptions } from '../options/project-options.ts'
import { addServeOptions } from '../options/serve-options.ts'

/** `pipewright dev` */
export const dev: CommandFile = (command: Command, setExitCode) => {
  command
    .description(
      'Redis, MLflow, adapter and a worker for this project, until Ctrl-C; prints their addresses.',
    )
    .option('--no-mlflow', 'without MLflow and adapter')
    .option('--stop', 'end embedded servers that still run, and nothing else')
  addServeOptions(command)
  addOutputOptions(addProjectOptions(command), 'log as JSON lines also on a terminal')
  command.action(async () => {
    const { serveDev, stopServices } = await import('../actions/serve-dev.ts')
    const options = command.opts()
    setExitCode(options['stop'] === true ? await stopServices() : await serveDev(command.opts()))
  })
}
