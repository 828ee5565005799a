import type { LineageSource, ModelVersion, RunLineage } from '@pipewright/mlflow-adapter'

import type { TracedSource } from './trace.ts'

/** What knows the versions of registered models. */
export interface VersionSource {
  versionsOf(run: string): Promise<readonly ModelVersion[]>
}

/**
 * The ledger for the runs that it still keeps, MLflow for older ones and for models.
 *
 * What was the newest run with a dataset is the ledger's to say, if it knows one.
 */
export class BothSources implements TracedSource {
  readonly #ledger: LineageSource | undefined
  readonly #mlflow: (LineageSource & VersionSource) | undefined

  constructor(
    ledger: LineageSource | undefined,
    mlflow: (LineageSource & VersionSource) | undefined,
  ) {
    this.#ledger = ledger
    this.#mlflow = mlflow
  }

  async run(id: string): Promise<RunLineage | undefined> {
    return (await this.#ledger?.run(id)) ?? (await this.#mlflow?.run(id))
  }

  async newestWith(dataset: string, digest: string | undefined): Promise<string | undefined> {
    const known = await this.#ledger?.newestWith(dataset, digest)
    return known ?? (await this.#mlflow?.newestWith(dataset, digest))
  }

  async makersOf(dataset: string, digest: string): Promise<readonly string[]> {
    const kept = await this.#ledger?.makersOf(dataset, digest)
    return distinct(kept, await this.#mlflow?.makersOf(dataset, digest))
  }

  async readersOf(dataset: string, digest: string, limit: number): Promise<readonly string[]> {
    const kept = await this.#ledger?.readersOf(dataset, digest, limit)
    const older = await this.#mlflow?.readersOf(dataset, digest, limit)
    return distinct(kept, older).slice(0, limit)
  }

  async versionsOf(run: string): Promise<readonly ModelVersion[]> {
    return (await this.#mlflow?.versionsOf(run)) ?? []
  }
}

function distinct(...lists: readonly (readonly string[] | undefined)[]): readonly string[] {
  return [...new Set(lists.flatMap((list) => list ?? []))]
}
