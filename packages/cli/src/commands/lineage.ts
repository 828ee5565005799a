import { Option, type Command } from 'commander'

import type { CommandFile } from '../command-file.ts'
import { wholeNumber } from '../options/amount.ts'
import { addOutputOptions } from '../options/output-options.ts'
import { addProjectOptions } from '../options/project-options.ts'

/** `pipewright lineage` */
export const lineage: CommandFile = (command: Command, setExitCode) => {
  command
    .description(
      'Shows what a dataset or a model was made from, back to the files, and what was made of it. It only reads: the ledger for runs that are still kept, MLflow for older ones.',
    )
    .argument(
      '<dataset|model>',
      'days, one content of it (days@9c1d), or a model: models:/weather, models:/weather/3, models:/weather@champion',
    )
    .option('--run <id>', 'the dataset as this run read or made it (default: the newest that did)')
    .option('-l, --limit <number>', 'runs that are followed at most (default: 20)', wholeNumber)
    .option('--no-mlflow', 'ask the ledger alone')
    .addOption(
      new Option('--format <format>', 'how it is drawn (default: tree)').choices([
        'tree',
        'mermaid',
        'json',
      ]),
    )
  addOutputOptions(addProjectOptions(command), 'one JSON object, as --format json')
  command.action(async (subject: string) => {
    const { showLineage } = await import('../actions/lineage.ts')
    setExitCode(await showLineage(subject, command.opts()))
  })
}
