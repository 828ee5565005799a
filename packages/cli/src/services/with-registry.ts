import { InfrastructureError } from '@pipewright/engine'
import type { Registry } from '@pipewright/mlflow-adapter'

import { openConfig } from '../project/open-project.ts'
import { printNotice } from '../terminal/output.ts'
import { mlflowConnection } from './mlflow-server.ts'
import { openMlflowService } from './mlflow-service.ts'

/**
 * Calls `action` with the model registry of the project's MLflow.
 *
 * @throws InfrastructureError `MLFLOW_NOT_STARTED` when the project has no MLflow yet
 */
export async function withRegistry<T>(
  { env }: { readonly env?: string },
  action: (registry: Registry) => Promise<T>,
): Promise<T> {
  const opened = await openConfig({ env })
  const server = await openMlflowService(opened, printNotice)
  if (server === undefined)
    throw new InfrastructureError(
      'MLFLOW_NOT_STARTED',
      'This project has no MLflow yet, so it has no models.',
      {
        hint: 'Run a training pipeline that packs a model, or name a server: MLFLOW_TRACKING_URI.',
      },
    )
  try {
    const { openRegistry } = await import('@pipewright/mlflow-adapter')
    const { registryUri, access, timeout } = await mlflowConnection(opened)
    const registry = openRegistry({ uri: server.uri, registryUri, access, timeout })
    try {
      return await action(registry)
    } finally {
      registry.close()
    }
  } finally {
    await server.close()
  }
}
