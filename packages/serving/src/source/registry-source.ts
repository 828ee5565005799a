import { UsageError } from '@pipewright/engine'
import {
  deleteAlias,
  getDownloadUri,
  getModelVersion,
  getVersionByAlias,
  Http,
  MlflowError,
  openRegistry,
  setAlias,
  type HttpOptions,
  type Registry,
} from '@pipewright/mlflow-adapter'

import { downloadFolder } from './download-folder.ts'
import { getLoggedModel, getRun } from './endpoints.ts'
import { folderModel } from './folder-source.ts'
import { ModelCache } from './model-cache.ts'
import type { AliasUri, FoundModel, ModelSource } from './model-source.ts'
import type { ModelUri } from './model-uri.ts'

/** How MLflow is reached, and where models are kept. */
export interface RegistrySourceOptions extends Pick<HttpOptions, 'uri' | 'registryUri' | 'access'> {
  /** Folder for fetched versions; several servers may share one. */
  readonly cache: string
}

interface RegisteredVersion {
  readonly name: string
  readonly version: string
  /** Empty when it is not known. */
  readonly run_id: string
  readonly source: string
}

/** Longest wait for an answer of MLflow, in ms. */
const timeout = 30_000
const inFlight = 4

/** Models of an MLflow server: registered, logged, or artifacts of a run. Folders work as well. */
export function openRegistrySource(options: RegistrySourceOptions): ModelSource {
  return new RegistrySource(options)
}

class RegistrySource implements ModelSource {
  readonly #http: Http
  readonly #registry: Registry
  readonly #cache: ModelCache
  readonly #server: string

  constructor({ cache, ...options }: RegistrySourceOptions) {
    this.#http = new Http({ ...options, timeout, inFlight })
    this.#registry = openRegistry({ ...options, timeout })
    this.#cache = new ModelCache(cache)
    const { origin, pathname } = new URL(options.uri)
    this.#server = origin + pathname
  }

  async find(uri: ModelUri): Promise<FoundModel> {
    if (uri.kind === 'folder') return folderModel(uri)
    if (uri.kind === 'run') return this.#ofRun(uri.run, uri.path)
    if (uri.kind === 'logged') return this.#logged(uri.id)
    return this.#registered(await this.#version(uri))
  }

  async moveAlias(uri: AliasUri, from: FoundModel, to: FoundModel | undefined): Promise<void> {
    const { name, alias } = uri
    const now = await orUndefined(this.#http.call(getVersionByAlias, { name, alias }))
    if (now === undefined || idOf(now.model_version) !== from.id) return
    if (to === undefined) await this.#http.call(deleteAlias, { name, alias })
    else await this.#http.call(setAlias, { name, alias, version: to.id.slice(name.length + 1) })
  }

  async metrics({ run, modelId }: FoundModel): Promise<ReadonlyMap<string, number>> {
    const found = new Map<string, number>()
    if (run !== undefined) {
      const { data } = (await this.#http.call(getRun, { run_id: run })).run
      for (const { key, value } of data.metrics) found.set(key, value)
    }
    // What is measured for the model itself goes before what its training run has of the same name.
    if (modelId !== undefined) {
      const { data } = (await this.#http.call(getLoggedModel(modelId), {})).model
      for (const { key, value } of data.metrics) found.set(key, value)
    }
    return found
  }

  close(): void {
    this.#http.close()
    this.#registry.close()
  }

  async #version({
    name,
    ...uri
  }: Extract<ModelUri, { kind: 'alias' | 'version' }>): Promise<RegisteredVersion> {
    if (uri.kind === 'version' && uri.version === 'latest') {
      const [newest] = await this.#registry.versions(name)
      if (newest !== undefined) return { ...newest, run_id: newest.run }
      throw notFound(`models:/${name}/latest`, 'The registered model has no version yet.')
    }
    const found = await orUndefined(
      uri.kind === 'alias'
        ? this.#http.call(getVersionByAlias, { name, alias: uri.alias })
        : this.#http.call(getModelVersion, { name, version: String(uri.version) }),
    )
    if (found !== undefined) return found.model_version
    throw uri.kind === 'alias'
      ? notFound(`models:/${name}@${uri.alias}`, 'Set the alias with "pipewright models promote".')
      : notFound(`models:/${name}/${uri.version}`, '"pipewright models list" shows what there is.')
  }

  #registered(found: RegisteredVersion): FoundModel {
    const { name, version, source, run_id } = found
    return {
      id: idOf(found),
      run: run_id || undefined,
      modelId: /^models:\/+(?<id>m-[0-9a-f]+)$/.exec(source)?.groups?.['id'],
      fetch: async () => {
        const { artifact_uri } = await this.#http.call(getDownloadUri, { name, version })
        return this.#fetch(artifact_uri)
      },
    }
  }

  async #logged(id: string): Promise<FoundModel> {
    const found = await orUndefined(this.#http.call(getLoggedModel(id), {}))
    if (found === undefined) throw notFound(`models:/${id}`, 'Look its id up in MLflow.')
    const { artifact_uri, source_run_id } = found.model.info
    return {
      id,
      run: source_run_id || undefined,
      modelId: id,
      fetch: () => this.#fetch(artifact_uri),
    }
  }

  async #ofRun(run: string, path: string): Promise<FoundModel> {
    const found = await orUndefined(this.#http.call(getRun, { run_id: run }))
    if (found === undefined) throw notFound(`runs:/${run}/${path}`, 'Look its id up in MLflow.')
    const { artifact_uri } = found.run.info
    return {
      id: `${run}/${path}`,
      run,
      modelId: undefined,
      fetch: () => this.#fetch(`${artifact_uri}/${path}`),
    }
  }

  async #fetch(location: string): Promise<string> {
    if (location.startsWith('models:/')) {
      const { model } = await this.#http.call(
        getLoggedModel(location.replace(/^models:\/+/, '')),
        {},
      )
      return this.#fetch(model.info.artifact_uri)
    }
    return this.#cache.folder(`${this.#server}\n${location}`, (folder) =>
      downloadFolder(this.#http, location, folder),
    )
  }
}

function idOf({ name, version }: Pick<RegisteredVersion, 'name' | 'version'>): string {
  return `${name}/${version}`
}

/** What MLflow does not have is undefined; it tells so with 404, and of a model without the alias with 400. */
async function orUndefined<Value>(call: Promise<Value>): Promise<Value | undefined> {
  try {
    return await call
  } catch (error) {
    if (!(error instanceof MlflowError)) throw error
    const isAbsent =
      error.status === 404 || (error.status === 400 && /alias .* not found/i.test(error.message))
    if (!isAbsent || error.code === 'MLFLOW_NOT_FOUND') throw error
    return undefined
  }
}

function notFound(uri: string, hint: string): UsageError {
  return new UsageError('MODEL_NOT_FOUND', `MLflow has no ${uri}.`, { hint })
}
