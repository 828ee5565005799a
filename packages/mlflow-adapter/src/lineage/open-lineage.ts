import type { AccessSettings } from '../access.ts'
import { Http } from '../http.ts'
import { MlflowLineage } from './mlflow-lineage.ts'
import { MlflowVersions } from './mlflow-versions.ts'

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
  /** Most requests under way at once. Default 4. */
  readonly inFlight?: number
}

/** Lineage as MLflow holds it. */
export interface OpenedLineage {
  readonly source: MlflowLineage
  readonly versions: MlflowVersions
  readonly close: () => void
}

/** Opens the lineage that MLflow holds, for reading. Nothing is asked yet. */
export function openLineage(options: LineageOptions): OpenedLineage {
  const { uri, registryUri, access, experiment, timeout = 30_000, inFlight = 4 } = options
  const http = new Http({ uri, registryUri, access, timeout, inFlight })
  return {
    source: new MlflowLineage(http, experiment),
    versions: new MlflowVersions(http),
    close: () => http.close(),
  }
}
