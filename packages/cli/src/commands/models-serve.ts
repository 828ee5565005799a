import type { Command } from 'commander'

import type { CommandFile } from '../command-file.ts'
import { addModelServeOptions } from '../options/model-serve-options.ts'
import { addOutputOptions } from '../options/output-options.ts'

/** `pipewright models serve` */
export const modelsServe: CommandFile = (command: Command, setExitCode) => {
  const serve = command
    .command('serve')
    .description(
      'Answers MLflow’s scoring protocol until SIGINT or SIGTERM. A new version under the alias comes into service without a dropped request; one on trial that crosses a bound is taken back.',
    )
    .argument('<model>', 'models:/NAME@alias, models:/NAME/3, runs:/RUN/path, or a folder')
  addModelServeOptions(serve)
  serve.option('-e, --env <name>', 'folder of conf that lies over conf/base (default: local)')
  addOutputOptions(serve, 'log as JSON lines also on a terminal')
  serve.action(async (model: string) => {
    const { serveModels } = await import('../actions/models-serve.ts')
    setExitCode(await serveModels(model, serve.opts()))
  })
}
