import type { Command } from 'commander'

import type { CommandFile } from '../command-file.ts'
import { addForegroundOptions } from '../options/foreground-options.ts'
import { addOutputOptions } from '../options/output-options.ts'
import { addProjectOptions } from '../options/project-options.ts'
import { addRunOptions } from '../options/run-options.ts'

/** `pipewright run PIPELINE` */
export const run: CommandFile = (command: Command, setExitCode) => {
  command
    .description(
      'Runs a pipeline in this process and waits for its end. Without REDIS_URL and MLFLOW_TRACKING_URI it uses the project’s own embedded Redis and MLflow, and starts them when they do not run.',
    )
    .argument('<pipeline>', 'name of the pipeline')
  addForegroundOptions(addRunOptions(command))
  addProjectOptions(command)
  addOutputOptions(command, 'one JSON object a transition on standard output, then a summary')
  command.action(async (pipeline: string) => {
    const { runPipeline } = await import('../actions/run-pipeline.ts')
    setExitCode(await runPipeline(pipeline, command.opts()))
  })
}
