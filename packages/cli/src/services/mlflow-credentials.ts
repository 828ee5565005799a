import { loadConfig } from '@pipewright/engine/internal'

import type { OpenedConfig } from '../project/open-project.ts'

type Variables = Readonly<Record<string, string | undefined>>

/** What this process has put into its environment: the environment's own variables go before the file, and these do not. */
const exported = new Set<string>()

/**
 * Puts the entry of `credentials.yml` that `mlflow.yml` names into the environment, as kedro-mlflow does, so that nodes and
 * what they start find it; a variable that is set already stays.
 */
export function exportMlflowCredentials({ config }: Pick<OpenedConfig, 'config'>): void {
  for (const [variable, value] of Object.entries(entryOf(config))) {
    if (process.env[variable] && !exported.has(variable)) continue
    process.env[variable] = value
    exported.add(variable)
  }
}

/**
 * The variables by which MLflow lets this process in: those of the environment, else those of the file. The file is read
 * again at each call but the first, so that a long-running adapter takes new credentials without a restart.
 */
export function mlflowVariables(
  opened: Pick<OpenedConfig, 'root' | 'config'>,
): () => Promise<Variables> {
  let { config } = opened
  let isFirst = true
  return async () => {
    if (!isFirst) config = (await reread(opened)) ?? config
    isFirst = false
    exportMlflowCredentials({ config })
    // a variable that the file no longer has is not one of the environment either
    const entry = entryOf(config)
    return Object.fromEntries(
      Object.entries(process.env).filter(
        ([name]) => !exported.has(name) || Object.hasOwn(entry, name),
      ),
    )
  }
}

/** Undefined while somebody is editing: what is known stays good until the files can be read. */
async function reread({
  root,
  config,
}: Pick<OpenedConfig, 'root' | 'config'>): Promise<OpenedConfig['config'] | undefined> {
  try {
    return await loadConfig({ root, env: config.env })
  } catch {
    return undefined
  }
}

function entryOf({
  mlflow,
  credentials,
}: Pick<OpenedConfig['config'], 'mlflow' | 'credentials'>): Readonly<Record<string, string>> {
  const name = mlflow.server.credentials
  const entry = name === null ? undefined : credentials.get(name).reveal()
  // its form was checked when the configuration was loaded
  const pairs = typeof entry === 'object' && entry !== null ? Object.entries(entry) : []
  return Object.fromEntries(pairs.map(([variable, value]) => [variable, String(value)]))
}
