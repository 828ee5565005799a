import { crashPoint } from '@pipewright/engine/internal'

import { MlflowError, RecordingStopped } from '../failure.ts'
import type { Http } from '../http.ts'
import type { Persistence } from '../persistence.ts'
import { artifactAddress } from '../rest/artifacts.ts'
import type { Endpoint } from '../rest/endpoint.ts'
import {
  createLoggedModel,
  deleteLoggedModel,
  finalizeLoggedModel,
  logOutputs,
  searchLoggedModels,
  type CreateLoggedModel,
  type LoggedModel,
  type LoggedModelStatus,
} from '../rest/logged-models.ts'
import {
  createModelVersion,
  createRegisteredModel,
  deleteModelVersion,
  getRegisteredModel,
  searchModelVersions,
  setAlias,
  type CreateModelVersion,
  type ModelVersion,
} from '../rest/registry.ts'
import { searchRuns } from '../rest/runs.ts'
import { keyTag, runTag } from '../tags.ts'
import { hasTag, quoted } from './filter.ts'

const mediaTypes: Readonly<Record<string, string>> = {
  json: 'application/json',
  mjs: 'text/javascript',
  py: 'text/x-python',
  txt: 'text/plain',
  yaml: 'text/yaml',
}

/**
 * What recording does to MLflow's models. As `Tracking`: every method waits while the server is away, may be repeated, and
 * rejects only with what no repetition can mend.
 */
export class ModelRecorder {
  readonly #http: Http
  readonly #persistence: Persistence

  constructor(http: Http, persistence: Persistence) {
    this.#http = http
    this.#persistence = persistence
  }

  /** All logged models that record an output of a run of ours, the oldest first. */
  async modelsOf(experiment: string, run: string): Promise<readonly LoggedModel[]> {
    const found = await this.#models(experiment, hasTag(runTag, run))
    return found.toSorted(
      (one, two) => one.info.creation_timestamp_ms - two.info.creation_timestamp_ms,
    )
  }

  /**
   * The logged model with this key, made when there is none. Models are few, so it looks before each try: whoever died
   * between creating one and remembering it is found out.
   */
  async loggedModel(model: CreateLoggedModel, key: string): Promise<LoggedModel> {
    const mine = hasTag(keyTag, key)
    return this.#persistence.call(async () => {
      const [found] = (await this.#search(model.experiment_id, mine)).toReversed()
      if (found !== undefined) return found
      crashPoint('adapter.creating')
      const { model: created } = await this.#http.call(createLoggedModel, model)
      crashPoint('adapter.created')
      await this.#withdraw(
        async () => (await this.#search(model.experiment_id, mine)).length,
        deleteLoggedModel(created.info.model_id),
        { model_id: created.info.model_id },
      )
      return created
    })
  }

  /**
   * Uploads a file of a model.
   *
   * @returns false when its files are not kept by the server itself
   */
  async putFile({ info }: LoggedModel, path: string, bytes: Uint8Array): Promise<boolean> {
    const address = artifactAddress(info.artifact_uri, path)
    if (address === undefined) return false
    const type = mediaTypes[path.slice(path.lastIndexOf('.') + 1)] ?? 'application/octet-stream'
    await this.#persistence.call(async () => {
      crashPoint('adapter.logging')
      await this.#http.put(address, bytes, type)
    })
    return true
  }

  async setStatus({ info }: LoggedModel, status: LoggedModelStatus): Promise<void> {
    await this.#persistence.call(() =>
      this.#http.call(finalizeLoggedModel(info.model_id), { model_id: info.model_id, status }),
    )
  }

  /** Names a model as an output of a run, once. */
  async addOutput(run: string, { info }: LoggedModel): Promise<void> {
    try {
      await this.#persistence.call(() =>
        this.#http.call(logOutputs, {
          run_id: run,
          models: [{ model_id: info.model_id, step: 0 }],
        }),
      )
    } catch (error) {
      // The server has no better answer for what it holds already.
      if (
        !(error instanceof MlflowError) ||
        !/IntegrityError|UNIQUE|[Dd]uplicate/.test(error.message)
      )
        throw error
    }
  }

  async deleteModel({ info }: LoggedModel): Promise<void> {
    const { model_id } = info
    await this.#persistence.call(() => this.#http.call(deleteLoggedModel(model_id), { model_id }))
  }

  /** The registered model, made when there is none. */
  async registeredModel(name: string, description: string): Promise<void> {
    await this.#persistence.call(async () => {
      try {
        await this.#http.call(createRegisteredModel, {
          name,
          description,
          tags: [{ key: 'pipewright.kind', value: 'model' }],
        })
      } catch (error) {
        if (!(error instanceof MlflowError) || !error.message.includes('RESOURCE_ALREADY_EXISTS'))
          throw error
      }
    })
  }

  /** The version with this key, made when there is none. */
  async version(version: CreateModelVersion, key: string): Promise<ModelVersion> {
    const mine = `name = ${quoted(version.name)} AND ${hasTag(keyTag, key)}`
    return this.#persistence.call(async () => {
      const [found] = await this.#versions(mine)
      if (found !== undefined) return found
      crashPoint('adapter.creating')
      const { model_version: created } = await this.#http.call(createModelVersion, version)
      crashPoint('adapter.created')
      await this.#withdraw(async () => (await this.#versions(mine)).length, deleteModelVersion, {
        name: created.name,
        version: created.version,
      })
      return created
    })
  }

  /** Lets an alias name a version, unless it names a later one: what is recorded late takes nothing back. */
  async raiseAlias(alias: string, { name, version }: ModelVersion): Promise<void> {
    await this.#persistence.call(async () => {
      const { registered_model: model } = await this.#http.call(getRegisteredModel, { name })
      const present = model.aliases.find((known) => known.alias === alias)
      if (present !== undefined && Number(present.version) >= Number(version)) return
      await this.#http.call(setAlias, { name, alias, version })
    })
  }

  /**
   * A process that was frozen may create something after another one took its lease and did the same. Whoever finds itself
   * too late takes its double back.
   *
   * @throws RecordingStopped when this process records no longer
   */
  async #withdraw<Request>(
    count: () => Promise<number>,
    remove: Endpoint<Request, unknown>,
    double: Request,
  ): Promise<void> {
    if (this.#persistence.active) return
    try {
      if ((await count()) > 1) await this.#http.call(remove, double)
    } catch (error) {
      if (!(error instanceof MlflowError)) throw error
    }
    throw new RecordingStopped()
  }

  #models(experiment: string, filter: string): Promise<readonly LoggedModel[]> {
    return this.#persistence.call(() => this.#search(experiment, filter))
  }

  async #search(experiment: string, filter: string): Promise<readonly LoggedModel[]> {
    const request = { experiment_ids: [experiment], filter, max_results: 50 }
    try {
      return (await this.#http.call(searchLoggedModels, request)).models
    } catch (error) {
      if (await this.#isUnknown(error, experiment)) throw withoutModels(error)
      throw error
    }
  }

  /** True when the server knows runs but no logged models: waiting for it to learn them would hold up everything else. */
  async #isUnknown(error: unknown, experiment: string): Promise<boolean> {
    if (!(error instanceof MlflowError) || error.code !== 'MLFLOW_NOT_FOUND') return false
    const anyRun = { experiment_ids: [experiment], filter: '', max_results: 1 }
    return this.#http.call(searchRuns, anyRun).then(
      () => true,
      () => false,
    )
  }

  async #versions(filter: string): Promise<readonly ModelVersion[]> {
    return (await this.#http.call(searchModelVersions, { filter, max_results: 10 })).model_versions
  }
}

function withoutModels(cause: unknown): MlflowError {
  return new MlflowError(
    'MLFLOW_WITHOUT_MODELS',
    'This MLflow has no logged models, so its runs are recorded without them.',
    {
      retryable: false,
      ambiguous: false,
      cause,
      hint: 'Use MLflow 3.0 or newer to record models.',
    },
  )
}
