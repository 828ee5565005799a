import type { Command } from 'commander'

import type { CommandFile } from '../command-file.ts'
import { addOutputOptions } from '../options/output-options.ts'
import { addProjectOptions } from '../options/project-options.ts'
import { addServeOptions } from '../options/serve-options.ts'

/** `pipewright worker` */
export const worker: CommandFile = (command: Command, setExitCode) => {
  command.description(
    'Runs nodes of enqueued runs until SIGINT or SIGTERM. The first signal drains: running nodes may end, within the grace; those that do not are handed to other workers. The second one ends the process at once.',
  )
  addServeOptions(command)
  addOutputOptions(addProjectOptions(command), 'log as JSON lines also on a terminal')
  command.action(async () => {
    const { serveWorker } = await import('../actions/serve-worker.ts')
    setExitCode(await serveWorker(command.opts()))
  })
}
