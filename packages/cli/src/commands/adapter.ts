import type { Command } from 'commander'

import type { CommandFile } from '../command-file.ts'
import { addOutputOptions } from '../options/output-options.ts'
import { addProjectOptions } from '../options/project-options.ts'

/** `pipewright adapter` */
export const adapter: CommandFile = (command: Command, setExitCode) => {
  command.description(
    'Records runs in MLflow until SIGINT or SIGTERM. Nothing is lost while it is off: transitions wait in Redis. Of several adapters one records and the others stand by.',
  )
  addOutputOptions(addProjectOptions(command), 'errors as JSON too')
  command.action(async () => {
    const { serveAdapter } = await import('../actions/serve-adapter.ts')
    setExitCode(await serveAdapter(command.opts()))
  })
}
