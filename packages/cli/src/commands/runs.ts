import type { Command } from 'commander'

import type { CommandFile } from '../command-file.ts'
import { wholeNumber } from '../options/amount.ts'
import { addOutputOptions } from '../options/output-options.ts'
import { addProjectOptions } from '../options/project-options.ts'

/** `pipewright runs list|show|cancel` */
export const runs: CommandFile = (command: Command, setExitCode) => {
  command.description('Lists, shows and cancels runs, of this process or any other.')

  const list = command.command('list').description('Lists runs, newest first.')
  list.option('-l, --limit <number>', 'how many (default: 20)', wholeNumber)
  list.option('--pipeline <name>', 'only runs of this pipeline')
  addOutputOptions(addProjectOptions(list), 'one JSON object a run')
  list.action(async () => {
    const { listRuns } = await import('../actions/inspect-runs.ts')
    setExitCode(await listRuns(list.opts()))
  })

  const show = command
    .command('show')
    .description('Shows a run: params, nodes, metrics, failures.')
    .argument('[run]', 'id of the run, or "last" (default: the newest)')
    .option('-f, --follow', 'until the run has ended')
  addOutputOptions(addProjectOptions(show), 'one JSON object')
  show.action(async (id: string | undefined) => {
    const { showRun } = await import('../actions/inspect-runs.ts')
    setExitCode(await showRun(id, show.opts()))
  })

  const cancel = command
    .command('cancel')
    .description('Cancels a run: waiting nodes end at once, running ones are aborted.')
    .argument('<run>', 'id of the run')
  addOutputOptions(addProjectOptions(cancel), 'one JSON object')
  cancel.action(async (id: string) => {
    const { cancelRun } = await import('../actions/inspect-runs.ts')
    setExitCode(await cancelRun(id, cancel.opts()))
  })
}
