import { canonicalJson, type DatasetStore } from '@pipewright/engine/isolate'
import * as z from 'zod'

/** Values of `${runtime_params:name}` that a run was given. */
export type RuntimeParams = Readonly<Record<string, unknown>>

const RuntimeParamsText: z.ZodType<RuntimeParams> = z.record(z.string(), z.unknown())

/** Opens the store of datasets of a run with its runtime params. @throws ConfigError */
export type OpenWith = (runtimeParams: RuntimeParams) => Promise<DatasetStore>

/** Stores that are kept: runs of one schedule or service share few sets of runtime params. */
const limit = 50

/** Stores of datasets, of which runs with runtime params have their own: their catalog says something else. */
export class RunStores {
  readonly #common: DatasetStore
  readonly #openWith: OpenWith | undefined
  readonly #stores = new Map<string, Promise<DatasetStore>>()

  /** @param openWith Undefined where all runs share one catalog. */
  constructor(common: DatasetStore, openWith: OpenWith | undefined) {
    this.#common = common
    this.#openWith = openWith
  }

  /** The store of a run. @throws ConfigError for runtime params with which the configuration is wrong */
  async of(runtimeParams: RuntimeParams | undefined): Promise<DatasetStore> {
    if (runtimeParams === undefined || this.#openWith === undefined) return this.#common
    const text = canonicalJson(runtimeParams)
    const known = this.#stores.get(text)
    const store = known ?? this.#openWith(runtimeParams)
    this.#stores.delete(text)
    this.#stores.set(text, store)
    // A wrong configuration may be put right.
    store.catch(() => this.#stores.delete(text))
    const oldest = this.#stores.keys().next()
    if (this.#stores.size > limit && oldest.value !== undefined) this.#stores.delete(oldest.value)
    return store
  }

  /** The same for the text of a run's header. */
  async read(runtimeParams: string | null): Promise<DatasetStore> {
    return this.of(
      runtimeParams === null ? undefined : RuntimeParamsText.parse(JSON.parse(runtimeParams)),
    )
  }
}
