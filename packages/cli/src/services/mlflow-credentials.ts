import { ConfigError } from '@pipewright/engine'

import type { OpenedConfig } from '../project/open-project.ts'

/**
 * Puts the entry of `credentials.yml` that `mlflow.yml` names into the environment, as kedro-mlflow does; a variable that
 * is set already stays.
 *
 * @throws ConfigError `CREDENTIALS_NOT_FOUND`
 */
export function exportMlflowCredentials({ config }: Pick<OpenedConfig, 'config'>): void {
  const name = config.mlflow.server.credentials
  if (name === null) return
  const entry = config.credentials[name]
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) {
    throw new ConfigError(
      'CREDENTIALS_NOT_FOUND',
      `mlflow.yml: server.credentials names "${name}", which is not a map in credentials.yml of conf/base or conf/${config.env}.`,
      {
        hint: `Add "${name}" with MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or remove the key.`,
      },
    )
  }
  for (const [variable, value] of Object.entries(entry)) process.env[variable] ??= String(value)
}
