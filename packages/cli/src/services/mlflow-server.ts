import { resolve } from 'node:path'

import type { AccessSettings } from '@pipewright/mlflow-adapter'

import type { OpenedConfig } from '../project/open-project.ts'
import { headerProvider } from './header-provider.ts'
import { mlflowVariables } from './mlflow-credentials.ts'

/** The MLflow that somebody named. */
export interface ConfiguredMlflow {
  readonly uri: string
  readonly source: 'MLFLOW_TRACKING_URI' | 'mlflow.yml'
}

/** How to speak with an MLflow: whoever calls its API takes all of it. */
export interface MlflowConnection {
  readonly registryUri: string | undefined
  readonly access: AccessSettings
  /** Longest wait for one answer, in ms. */
  readonly timeout: number
  readonly inFlight: number
}

/** `MLFLOW_TRACKING_URI`, else `server.mlflow_tracking_uri` of `mlflow.yml`; undefined: the embedded server. */
export function configuredMlflow({
  config,
}: Pick<OpenedConfig, 'config'>): ConfiguredMlflow | undefined {
  const variable = process.env['MLFLOW_TRACKING_URI']
  if (variable) return { uri: variable, source: 'MLFLOW_TRACKING_URI' }
  const uri = config.mlflow.server.mlflow_tracking_uri
  return uri === null ? undefined : { uri, source: 'mlflow.yml' }
}

/**
 * Credentials, certificates, headers and limits of `server` in `mlflow.yml`.
 *
 * @throws ConfigError `HEADER_PROVIDER_INVALID`
 */
export async function mlflowConnection(
  opened: Pick<OpenedConfig, 'root' | 'config'>,
): Promise<MlflowConnection> {
  const { server } = opened.config.mlflow
  const file = (path: string | null): string | undefined =>
    path === null ? undefined : resolve(opened.root, path)
  return {
    registryUri: process.env['MLFLOW_REGISTRY_URI'] || (server.mlflow_registry_uri ?? undefined),
    access: {
      variables: mlflowVariables(opened),
      tls: {
        caFile: file(server.tls.ca_file),
        certFile: file(server.tls.cert_file),
        keyFile: file(server.tls.key_file),
        verify: server.tls.verify,
      },
      headers: await headerProvider(opened),
    },
    timeout: server.timeout,
    inFlight: server.in_flight,
  }
}
