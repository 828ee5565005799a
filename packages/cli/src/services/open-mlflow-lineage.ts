import { access } from 'node:fs/promises'
import { join } from 'node:path'

import type { RecordedLineage } from '../lineage/both-sources.ts'
import type { OpenedConfig } from '../project/open-project.ts'
import { experimentName } from './experiment-name.ts'
import { configuredMlflow, mlflowConnection } from './mlflow-server.ts'

/** What MLflow recorded, until it is closed. */
export interface OpenedMlflowLineage extends RecordedLineage {
  close(): Promise<void>
}

/**
 * Opens what the MLflow of a project recorded: the configured server, or the embedded one, which is started when it has data
 * and does not run. Undefined when there is none.
 */
export async function openMlflowLineage(
  opened: OpenedConfig,
  onProgress: (message: string) => void,
): Promise<OpenedMlflowLineage | undefined> {
  const server = await openServer(opened, onProgress)
  if (server === undefined) return undefined
  const { openLineage } = await import('@pipewright/mlflow-adapter')
  const experiment = await experimentName(opened)
  const { source, versions, close } = openLineage({
    ...(await mlflowConnection(opened)),
    uri: server.uri,
    experiment,
  })
  return {
    source,
    versions,
    async close() {
      close()
      await server.close()
    },
  }
}

async function openServer(
  opened: OpenedConfig,
  onProgress: (message: string) => void,
): Promise<{ readonly uri: string; close(): Promise<void> } | undefined> {
  const configured = configuredMlflow(opened)
  if (configured !== undefined) return { uri: configured.uri, close: async () => {} }
  const { root } = opened
  if (!(await hasData(root))) return undefined
  const { openMlflow } = await import('../embedded/index.ts')
  const mlflow = openMlflow({ root, onProgress })
  try {
    const { uri, source } = await mlflow.ready
    // one that ran already was left running for its links
    return { uri, close: () => mlflow.close({ keep: source !== 'started' }) }
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
