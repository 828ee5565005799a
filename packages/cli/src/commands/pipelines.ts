import type { Command } from 'commander'

import type { CommandFile } from '../command-file.ts'
import { addOutputOptions } from '../options/output-options.ts'

const environment = [
  '-e, --env <name>',
  'folder of conf that lies over conf/base (default: local)',
] as const

/** `pipewright pipelines list|describe` */
export const pipelines: CommandFile = (command: Command, setExitCode) => {
  command.description(
    'Lists and describes the pipelines of the project. Nothing is run; Redis is not needed.',
  )

  const list = command
    .command('list')
    .description('Lists pipelines.')
    .option(...environment)
  addOutputOptions(list, 'one JSON object a pipeline')
  list.action(async () => {
    const { listPipelines } = await import('../actions/describe-pipelines.ts')
    setExitCode(await listPipelines(list.opts()))
  })

  const describe = command
    .command('describe')
    .description('Shows the nodes of a pipeline in order, what they read and what they make.')
    .argument('<pipeline>', 'name of the pipeline')
    .option(...environment)
  addOutputOptions(describe, 'the plan as one JSON object')
  describe.action(async (name: string) => {
    const { describePipeline } = await import('../actions/describe-pipelines.ts')
    setExitCode(await describePipeline(name, describe.opts()))
  })
}
