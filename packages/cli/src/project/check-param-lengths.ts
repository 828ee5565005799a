import { UsageError, type Pipeline } from '@pipewright/engine'

import type { OpenedConfig } from './open-project.ts'

/**
 * With `long_params_strategy: fail` a run whose params MLflow would not keep whole is refused before anything runs; a run
 * that is recorded already does not fail because of its record.
 *
 * @throws UsageError `PARAM_TOO_LONG`
 */
export async function checkParamLengths(
  { config }: Pick<OpenedConfig, 'config'>,
  pipeline: Pipeline,
  params: Readonly<Record<string, unknown>>,
): Promise<void> {
  const { tracking } = config.mlflow
  if (tracking.params.long_params_strategy !== 'fail') return
  if (tracking.disable_tracking.pipelines.includes(pipeline.name)) return
  // Loads an HTTP client that the submission of a run has no other use for.
  const { longParams, settingsOf } = await import('@pipewright/mlflow-adapter')
  const [first, ...others] = longParams(params, settingsOf(config.mlflow).params)
  if (first === undefined) return
  const more = others.length === 0 ? '' : `, and ${others.length} more are too long`
  throw new UsageError(
    'PARAM_TOO_LONG',
    `Param "${first.name}" has ${first.length} characters and MLflow keeps 6000${more}.`,
    {
      hint: 'Make it a dataset, or set tracking.params.long_params_strategy of mlflow.yml to tag or truncate.',
    },
  )
}
