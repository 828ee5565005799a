import type { Command } from 'commander'

import type { CommandFile } from '../command-file.ts'
import { addOutputOptions } from '../options/output-options.ts'
import { addProjectOptions } from '../options/project-options.ts'

function pausing(word: 'pause' | 'unpause', description: string): CommandFile {
  return (command: Command, setExitCode) => {
    command
      .description(description)
      .argument('[pipelines...]', 'pipelines')
      .option('--queues <names...>', 'queues')
    addOutputOptions(addProjectOptions(command), 'one JSON object')
    command.action(async (pipelines: readonly string[]) => {
      const { pauseOrResume } = await import('../actions/pause-or-resume.ts')
      setExitCode(await pauseOrResume(word, pipelines, command.opts()))
    })
  }
}

/** `pipewright pause [PIPELINE...]` */
export const pause: CommandFile = pausing(
  'pause',
  'Lets no run of these pipelines begin, or no worker take nodes from these queues; what runs goes on. Without names it lists what is paused.',
)

/** `pipewright unpause [PIPELINE...]` */
export const unpause: CommandFile = pausing(
  'unpause',
  'Undoes pause: runs that waited begin, and workers take nodes again. Without names it lists what is paused.',
)
