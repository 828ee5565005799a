import type { Command } from 'commander'

import type { CommandFile } from '../command-file.ts'
import { addOutputOptions } from '../options/output-options.ts'
import { addProjectOptions } from '../options/project-options.ts'

/** `pipewright workers` */
export const workers: CommandFile = (command: Command, setExitCode) => {
  command.description(
    'Lists the workers that are alive, their queues and what they run, and those that were lost within the last hour.',
  )
  addOutputOptions(addProjectOptions(command), 'one JSON object a worker')
  command.action(async () => {
    const { listWorkers } = await import('../actions/list-workers.ts')
    setExitCode(await listWorkers(command.opts()))
  })
}
