import type { AccessSettings } from './access.ts'
import { MlflowError } from './failure.ts'
import { Http } from './http.ts'
import { getExperimentByName, setExperimentTag } from './rest/experiments.ts'
import { searchRegisteredModels } from './rest/registry.ts'

/** What {@link checkServer} asks. */
export interface ServerCheckOptions {
  readonly uri: string
  readonly registryUri?: string | undefined
  readonly access?: AccessSettings | undefined
  /** Name of the experiment that runs are recorded in. */
  readonly experiment: string
  /** Longest wait for one answer, in ms. */
  readonly timeout: number
}

/** What a server answered. */
export interface ServerCheck {
  /** Undefined when it did not say. */
  readonly version: string | undefined
  readonly experiment: 'writable' | 'missing' | 'deleted' | undefined
  /** Why runs cannot be recorded, as far as that can be found out without recording one. */
  readonly problem: MlflowError | undefined
  /** The same of the registry, when it is another server. */
  readonly registryProblem: MlflowError | undefined
}

/** Asks a server whether it would let runs be recorded. It writes nothing. */
export async function checkServer(options: ServerCheckOptions): Promise<ServerCheck> {
  const http = new Http({ ...options, inFlight: 2 })
  try {
    const version = await valueOf(() => http.text('/version'))
    const experiment = await valueOf(() => experimentState(http, options.experiment))
    const registry =
      options.registryUri === undefined
        ? undefined
        : await valueOf(() => http.call(searchRegisteredModels, { max_results: 1 }))
    return {
      version: version.value?.trim().slice(0, 40),
      experiment: experiment.value,
      problem: experiment.problem,
      registryProblem: registry?.problem,
    }
  } finally {
    http.close()
  }
}

async function experimentState(
  http: Http,
  experiment_name: string,
): Promise<'writable' | 'missing' | 'deleted'> {
  try {
    const { experiment } = await http.call(getExperimentByName, { experiment_name })
    if (experiment.lifecycle_stage === 'deleted') return 'deleted'
    await assertWritable(http, experiment.experiment_id)
    return 'writable'
  } catch (error) {
    if (error instanceof MlflowError && error.code === 'MLFLOW_REFUSED' && error.status === 404)
      return 'missing'
    throw error
  }
}

/** Asks for a write whose form is wrong: who may not write is told so before that is looked at, and nothing is written. */
async function assertWritable(http: Http, experiment_id: string): Promise<void> {
  try {
    await http.call(setExperimentTag, { experiment_id, key: '', value: '' })
  } catch (error) {
    if (!(error instanceof MlflowError) || error.code !== 'MLFLOW_REFUSED') throw error
  }
}

async function valueOf<Value>(
  ask: () => Promise<Value>,
): Promise<{ readonly value?: Value; readonly problem?: MlflowError }> {
  try {
    return { value: await ask() }
  } catch (error) {
    if (error instanceof MlflowError) return { problem: error }
    throw error
  }
}
