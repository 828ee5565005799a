import type { AccessSettings } from '../access.ts'
import { MlflowError } from '../failure.ts'
import { Http } from '../http.ts'
import { getExperimentByName } from '../rest/experiments.ts'
import { adapterSettings, type AdapterSettingsInput } from '../settings.ts'
import { prune, type PrunedArtifacts } from './prune-artifacts.ts'

/** What {@link pruneArtifacts} needs. */
export interface PruneArtifactsOptions {
  readonly tracking: {
    readonly uri: string
    readonly registryUri?: string | undefined
    readonly access?: AccessSettings | undefined
  }
  /** Name of the experiment that holds the runs. */
  readonly experiment: string
  /** Their rules say what is kept: `artifacts.rules`, each with `keep`. */
  readonly settings?: AdapterSettingsInput
  /** Only artifacts of this pipeline. Default: of all. */
  readonly pipeline?: string | undefined
  /** Only say what would be removed. Default false. */
  readonly dryRun?: boolean
  /** Longest wait for one answer of MLflow, in ms. Default 60,000. */
  readonly timeout?: number
}

/**
 * Removes artifacts of datasets that the rules no longer keep. The runs stay, with a tag that says what went and why. A dry
 * run says exactly what a real one would remove. Repeating it after an interruption completes it.
 *
 * @throws MlflowError when MLflow does not answer, or refuses
 */
export async function pruneArtifacts(options: PruneArtifactsOptions): Promise<PrunedArtifacts> {
  const { uri, registryUri, access } = options.tracking
  const http = new Http({
    uri,
    registryUri,
    access,
    timeout: options.timeout ?? 60_000,
    inFlight: 2,
  })
  try {
    const experiment = await experimentOf(http, options.experiment)
    if (experiment === undefined) return { removed: [], kept: [], problems: [], bytes: 0 }
    return await prune({
      http,
      experiment,
      settings: adapterSettings(options.settings).artifacts,
      pipeline: options.pipeline,
      dryRun: options.dryRun ?? false,
      now: new Date(),
    })
  } finally {
    http.close()
  }
}

async function experimentOf(
  http: Http,
  experiment_name: string,
): Promise<{ readonly experiment_id: string; readonly artifact_location: string } | undefined> {
  try {
    return (await http.call(getExperimentByName, { experiment_name })).experiment
  } catch (error) {
    // nothing was ever recorded
    if (error instanceof MlflowError && error.status === 404 && !error.retryable) return undefined
    throw error
  }
}
