import type { AccessSettings } from '../access.ts'
import { Http } from '../http.ts'
import { MlflowLineage } from './mlflow-lineage.ts'

/** Where {@link openLineage} reads. */
export interface LineageOptions {
  /** The tracking server. */
  readonly uri: string
  /** The server of the model registry. Default: `uri`. */
  readonly registryUri?: string | undefined
  readonly access?: AccessSettings | undefined
  /** Name of the experiment that holds the runs. */
  readonly experiment: string
  /** Longest wait for one answer, in ms. Default 30,000. */
  readonly timeout?: number
}

/** Lineage as MLflow holds it. */
export interface OpenedLineage {
  readonly source: MlflowLineage
  close(): void
}

/** Opens the lineage that MLflow holds, for reading. Nothing is asked yet. */
export function openLineage(options: LineageOptions): OpenedLineage {
  const { uri, registryUri, access, experiment, timeout = 30_000 } = options
  const http = new Http({ uri, registryUri, access, timeout, inFlight: 4 })
  return { source: new MlflowLineage(http, experiment), close: () => http.close() }
}
