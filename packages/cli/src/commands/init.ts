import type { Command } from 'commander'

import type { CommandFile } from '../command-file.ts'

/** `pipewright init [FOLDER]` */
export const init: CommandFile = (command: Command, setExitCode) => {
  command
    .description(
      'Makes a small project that runs: three nodes, their data and configuration. Nothing is overwritten.',
    )
    .argument('[folder]', 'folder to make it in', '.')
    .option('-v, --verbose', 'show stacks of errors')
  command.action(async (folder: string) => {
    const { makeProject } = await import('../actions/make-project.ts')
    setExitCode(await makeProject(folder))
  })
}
