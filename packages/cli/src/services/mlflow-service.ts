import { access } from 'node:fs/promises'
import { join } from 'node:path'

import type { OpenedConfig } from '../project/open-project.ts'
import { configuredMlflow } from './mlflow-server.ts'

/** An MLflow for the time of a command. */
export interface MlflowService {
  readonly uri: string
  /** Gives an embedded server back; the last user stops it. */
  close(): Promise<void>
}

/**
 * The MLflow that holds what was recorded: the one that somebody named, else the embedded one, which is started when it does
 * not run. Undefined when the project has none of its own yet, so that there is nothing to look at.
 *
 * @throws InfrastructureError `MLFLOW_START_FAILED` and what else keeps an embedded one from starting
 */
export async function openMlflowService(
  opened: Pick<OpenedConfig, 'root' | 'config'>,
  onProgress: (message: string) => void,
): Promise<MlflowService | undefined> {
  const configured = configuredMlflow(opened)
  if (configured !== undefined) return { uri: configured.uri, close: async () => {} }
  if (!(await hasData(opened.root))) return undefined
  const { openMlflow } = await import('../embedded/index.ts')
  const { host, port } = opened.config.mlflow.ui
  const mlflow = openMlflow({ root: opened.root, onProgress, host, port: port ?? undefined })
  try {
    const { uri } = await mlflow.ready
    return { uri, close: () => mlflow.close() }
  } catch (error) {
    await mlflow.close()
    throw error
  }
}

function hasData(root: string): Promise<boolean> {
  return access(join(root, '.pipewright', 'mlflow', 'mlflow.db')).then(
    () => true,
    () => false,
  )
}
