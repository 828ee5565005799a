import type { Command } from 'commander'

import type { CommandFile } from '../command-file.ts'
import { addOutputOptions } from '../options/output-options.ts'
import { addEnvironmentOption } from '../options/project-options.ts'

/** `pipewright mlflow prune` */
export const mlflow: CommandFile = (command: Command, setExitCode) => {
  command.description('Looks after what was recorded in MLflow.')

  const prune = command
    .command('prune')
    .description(
      'Removes artifacts that the rules of mlflow.yml no longer keep ("artifacts.rules", "keep"). Runs stay, with a tag that says what went. Runs that have not ended, those that are tagged "pipewright.keep", registered models and contents that other runs link to are left alone.',
    )
    .option('--pipeline <name>', 'only artifacts of this pipeline')
    .option('--dry-run', 'say exactly what would go, and remove nothing')
  addOutputOptions(addEnvironmentOption(prune), 'one JSON object')
  prune.action(async () => {
    const { pruneRecordedArtifacts } = await import('../actions/prune-artifacts.ts')
    setExitCode(await pruneRecordedArtifacts(prune.opts()))
  })
}
