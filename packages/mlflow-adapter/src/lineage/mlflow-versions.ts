import { MlflowError } from '../failure.ts'
import type { Http } from '../http.ts'
import { hasTag } from '../registry/filter.ts'
import {
  getModelVersion,
  getRegisteredModel,
  getVersionByAlias,
  searchModelVersions,
  type Alias,
  type ModelVersion as Found,
} from '../rest/registry.ts'
import { keyTag, runTag } from '../tags.ts'
import type { ModelVersion } from './run-lineage.ts'

const mostVersions = 200

/** Which version is meant. */
export type VersionAddress =
  | { readonly name: string; readonly version: string }
  | { readonly name: string; readonly alias: string }
  /** The newest. */
  | { readonly name: string }

/** Reads from MLflow's registry which versions of models came from which runs. */
export class MlflowVersions {
  readonly #http: Pick<Http, 'call'>
  readonly #aliases = new Map<string, Promise<readonly Alias[]>>()
  readonly #ofRuns = new Map<string, Promise<readonly ModelVersion[]>>()

  constructor(http: Pick<Http, 'call'>) {
    this.#http = http
  }

  /** Versions that a run of ours made. @throws MlflowError */
  versionsOf(run: string): Promise<readonly ModelVersion[]> {
    const known = this.#ofRuns.get(run)
    if (known !== undefined) return known
    const versions = this.#search(hasTag(runTag, run))
    this.#ofRuns.set(run, versions)
    return versions
  }

  /** One version; undefined when there is none. @throws MlflowError */
  async find(address: VersionAddress): Promise<ModelVersion | undefined> {
    try {
      const found = await this.#get(address)
      return found === undefined ? undefined : await this.#described(found)
    } catch (error) {
      if (error instanceof MlflowError && error.code === 'MLFLOW_REFUSED') return undefined
      throw error
    }
  }

  async #get(address: VersionAddress): Promise<Found | undefined> {
    const { name } = address
    if ('version' in address) {
      const { version } = address
      return (await this.#http.call(getModelVersion, { name, version })).model_version
    }
    if ('alias' in address) {
      const { alias } = address
      return (await this.#http.call(getVersionByAlias, { name, alias })).model_version
    }
    const found = await this.#versions(`name = '${name}'`)
    return found.toSorted((one, two) => Number(two.version) - Number(one.version))[0]
  }

  async #search(filter: string): Promise<readonly ModelVersion[]> {
    const found = await this.#versions(filter)
    return Promise.all(found.map((version) => this.#described(version)))
  }

  async #versions(filter: string): Promise<readonly Found[]> {
    const request = { filter, max_results: mostVersions }
    return (await this.#http.call(searchModelVersions, request)).model_versions
  }

  async #described({ name, version, tags }: Found): Promise<ModelVersion> {
    const values = new Map(tags.map(({ key, value }) => [key, value]))
    const aliases = await this.#aliasesOf(name)
    return {
      name,
      version,
      aliases: aliases.filter((alias) => alias.version === version).map(({ alias }) => alias),
      run: values.get(runTag),
      node: values.get('pipewright.node'),
      // `<run>/<node>/<attempt>/<dataset>`
      dataset: values.get(keyTag)?.split('/').at(-1),
    }
  }

  #aliasesOf(name: string): Promise<readonly Alias[]> {
    const known = this.#aliases.get(name)
    if (known !== undefined) return known
    const aliases = this.#http
      .call(getRegisteredModel, { name })
      .then(({ registered_model }) => registered_model.aliases)
    this.#aliases.set(name, aliases)
    return aliases
  }
}
