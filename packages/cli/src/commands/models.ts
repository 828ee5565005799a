import { InvalidArgumentError, Option, type Command } from 'commander'

import type { CommandFile } from '../command-file.ts'
import { addOutputOptions } from '../options/output-options.ts'
import { modelsServe } from './models-serve.ts'

/** `pipewright models list|promote|rollback|compare|serve` */
export const models: CommandFile = (command: Command, setExitCode) => {
  command.description(
    'Models in MLflow’s registry: the versions that training has made, and which of them is champion.',
  )
  addList(command, setExitCode)
  addPromote(command, setExitCode)
  addRollback(command, setExitCode)
  addCompare(command, setExitCode)
  modelsServe(command, setExitCode)
}

const addList: CommandFile = (command, setExitCode) => {
  const list = command
    .command('list')
    .description('Lists registered models, or the versions of one with their metrics.')
    .argument('[name]', 'registered model')
  addOptions(list, 'one JSON object a model or version')
  list.action(async (name: string | undefined) => {
    const { listModels } = await import('../actions/list-models.ts')
    setExitCode(await listModels(name, list.opts()))
  })
}

const addPromote: CommandFile = (command, setExitCode) => {
  const promote = command
    .command('promote')
    .description(
      'Makes a version champion if it was measured on the same data as the champion and is at least as good. Exits with 1 when the gate is closed.',
    )
    .argument('<name>', 'registered model')
    .argument('[version]', 'number or alias', 'challenger')
    .option('--metric <name>', 'metric that decides (default: the one that the model names)')
    .option('--margin <number>', 'how much better it must be (default: 0)', amount)
    .addOption(
      new Option('--better <which>', 'which is better (default: as the model says)').choices([
        'higher',
        'lower',
      ]),
    )
    .option('--alias <name>', 'alias to give (default: champion)')
    .option('--force', 'promote whatever the gate says')
    .option('--dry-run', 'say what the gate says, and change nothing')
  addOptions(promote, 'one JSON object')
  promote.action(async (name: string, version: string) => {
    const { promoteModel } = await import('../actions/promote-model.ts')
    setExitCode(await promoteModel(name, version, promote.opts()))
  })
}

const addRollback: CommandFile = (command, setExitCode) => {
  const rollback = command
    .command('rollback')
    .description('Gives the alias champion back to the version that had it before.')
    .argument('<name>', 'registered model')
    .option('--to <version>', 'number or alias (default: the version that was replaced)')
    .option('--alias <name>', 'alias to give back (default: champion)')
  addOptions(rollback, 'one JSON object')
  rollback.action(async (name: string) => {
    const { rollBackModel } = await import('../actions/promote-model.ts')
    setExitCode(await rollBackModel(name, rollback.opts()))
  })
}

const addCompare: CommandFile = (command, setExitCode) => {
  const compare = command
    .command('compare')
    .description('Shows two versions side by side: metrics, params that differ, data and code.')
    .argument('<name>', 'registered model')
    .argument('[one]', 'number or alias', 'champion')
    .argument('[other]', 'number or alias', 'challenger')
  addOptions(compare, 'one JSON object')
  compare.action(async (name: string, one: string, other: string) => {
    const { compareModels } = await import('../actions/compare-models.ts')
    setExitCode(await compareModels(name, [one, other], compare.opts()))
  })
}

function addOptions(command: Command, json: string): void {
  addOutputOptions(
    command.option('-e, --env <name>', 'folder of conf that lies over conf/base (default: local)'),
    json,
  )
}

function amount(text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && Number.isFinite(value)) return value
  throw new InvalidArgumentError('It must be a number, such as 0.01.')
}
