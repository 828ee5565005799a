import { UsageError } from '@pipewright/engine'
import { didYouMean } from '@pipewright/engine/internal'

import type { AccessSettings } from '../access.ts'
import { MlflowError } from '../failure.ts'
import { Http } from '../http.ts'
import {
  deleteAlias,
  getModelVersion,
  getRegisteredModel,
  searchModelVersions,
  searchRegisteredModels,
  setAlias,
  setVersionTag,
  type ModelVersion,
  type RegisteredModel,
} from '../rest/registry.ts'
import { getRunWithData } from '../rest/runs.ts'
import { quoted } from './filter.ts'
import type { KnownVersion, Measured } from './known-version.ts'
import { evaluationOf } from './version-tags.ts'

/** Where {@link openRegistry} reads and writes. */
export interface RegistryOptions {
  /** The tracking server. */
  readonly uri: string
  /** The server of the model registry. Default: `uri`. */
  readonly registryUri?: string | undefined
  readonly access?: AccessSettings | undefined
  /** Longest wait for one answer, in ms. Default 30,000. */
  readonly timeout?: number
}

/** MLflow's model registry, as people use it. Calls are made once: who is at a terminal sees what is wrong and tries again. */
export class Registry {
  readonly #http: Http

  constructor(http: Http) {
    this.#http = http
  }

  /** All registered models, by name. */
  async models(): Promise<readonly RegisteredModel[]> {
    const found: RegisteredModel[] = []
    let page: string | undefined
    do {
      // oxlint-disable-next-line no-await-in-loop -- the token of a page is in the page before
      const answer = await this.#http.call(searchRegisteredModels, {
        max_results: 100,
        ...(page !== undefined && { page_token: page }),
      })
      found.push(...answer.registered_models)
      page = answer.next_page_token
    } while (page !== undefined && page !== '')
    return found
  }

  /** Versions of a model, the newest first. @throws UsageError `MODEL_NOT_FOUND` */
  async versions(name: string): Promise<readonly KnownVersion[]> {
    const model = await this.#model(name)
    const found: ModelVersion[] = []
    let page: string | undefined
    do {
      // oxlint-disable-next-line no-await-in-loop -- the token of a page is in the page before
      const answer = await this.#http.call(searchModelVersions, {
        filter: `name = ${quoted(name)}`,
        max_results: 200,
        ...(page !== undefined && { page_token: page }),
      })
      found.push(...answer.model_versions)
      page = answer.next_page_token
    } while (page !== undefined && page !== '')
    return found
      .toSorted((one, other) => Number(other.version) - Number(one.version))
      .map((version) => known(version, model))
  }

  /**
   * A version by its number or, with or without `@`, an alias.
   *
   * @throws UsageError `MODEL_NOT_FOUND`, `MODEL_VERSION_NOT_FOUND`
   */
  async version(name: string, reference: string): Promise<KnownVersion> {
    const found = await this.findVersion(name, reference)
    if (found !== undefined) return found
    const { aliases } = await this.#model(name)
    const names = aliases.map(({ alias }) => `@${alias}`)
    throw new UsageError(
      'MODEL_VERSION_NOT_FOUND',
      `Model "${name}" has no version ${JSON.stringify(reference)}.`,
      { hint: didYouMean(reference, names, 'aliases') },
    )
  }

  /** As `version`; undefined when there is none. @throws UsageError `MODEL_NOT_FOUND` */
  async findVersion(name: string, reference: string): Promise<KnownVersion | undefined> {
    const model = await this.#model(name)
    const alias = reference.replace(/^@/, '')
    const version = /^\d+$/.test(reference)
      ? reference
      : model.aliases.find((named) => named.alias === alias)?.version
    if (version === undefined) return undefined
    const found = await this.#orAbsent(() => this.#http.call(getModelVersion, { name, version }))
    return found === undefined ? undefined : known(found.model_version, model)
  }

  /** What the run of a version recorded; nothing when the run is gone. */
  async measured({ run }: KnownVersion): Promise<Measured> {
    const found =
      run === ''
        ? undefined
        : await this.#orAbsent(() => this.#http.call(getRunWithData, { run_id: run }))
    const { metrics = [], params = [] } = found?.run.data ?? {}
    return {
      metrics: Object.fromEntries(metrics.map(({ key, value }) => [key, Number(value)])),
      params: Object.fromEntries(params.map(({ key, value }) => [key, value])),
    }
  }

  async setAlias(alias: string, { name, version }: KnownVersion): Promise<void> {
    await this.#http.call(setAlias, { name, alias, version })
  }

  async removeAlias(name: string, alias: string): Promise<void> {
    await this.#http.call(deleteAlias, { name, alias })
  }

  async setTag({ name, version }: KnownVersion, key: string, value: string): Promise<void> {
    await this.#http.call(setVersionTag, { name, version, key, value })
  }

  close(): void {
    this.#http.close()
  }

  async #model(name: string): Promise<RegisteredModel> {
    const found = await this.#orAbsent(() => this.#http.call(getRegisteredModel, { name }))
    if (found !== undefined) return found.registered_model
    const names = (await this.models()).map((model) => model.name)
    throw new UsageError('MODEL_NOT_FOUND', `MLflow has no registered model "${name}".`, {
      hint: didYouMean(name, names, 'registered models'),
    })
  }

  async #orAbsent<Answer>(ask: () => Promise<Answer>): Promise<Answer | undefined> {
    try {
      return await ask()
    } catch (error) {
      const isAbsent = error instanceof MlflowError && /RESOURCE_DOES_NOT_EXIST/.test(error.message)
      if (isAbsent) return undefined
      throw error
    }
  }
}

/** Opens MLflow's model registry. Nothing is asked yet. */
export function openRegistry(options: RegistryOptions): Registry {
  const { uri, registryUri, access, timeout = 30_000 } = options
  return new Registry(new Http({ uri, registryUri, access, timeout, inFlight: 4 }))
}

function known(version: ModelVersion, model: RegisteredModel): KnownVersion {
  return {
    name: version.name,
    version: version.version,
    aliases: model.aliases
      .filter((alias) => alias.version === version.version)
      .map(({ alias }) => alias),
    createdAt: version.creation_timestamp,
    description: version.description,
    source: version.source,
    run: version.run_id,
    tags: Object.fromEntries(version.tags.map(({ key, value }) => [key, value])),
    evaluation: evaluationOf(version.tags),
  }
}
