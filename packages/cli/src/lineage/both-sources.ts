import type {
  LineageSource,
  ModelVersion,
  RunLineage,
  VersionAddress,
} from '@pipewright/mlflow-adapter'

import type { TracedSource } from './trace.ts'

/** What MLflow knows. */
export interface RecordedLineage {
  readonly source: LineageSource
  readonly versions: {
    versionsOf(run: string): Promise<readonly ModelVersion[]>
    find(address: VersionAddress): Promise<ModelVersion | undefined>
  }
}

/** The ledger for the runs that it still keeps; MLflow for older ones and for models. */
export class BothSources implements TracedSource {
  readonly #ledger: LineageSource | undefined
  readonly #onProblem: (error: unknown) => void
  #mlflow: RecordedLineage | undefined

  /** @param onProblem Called once when MLflow fails; after that the ledger answers alone. */
  constructor(
    ledger: LineageSource | undefined,
    mlflow: RecordedLineage | undefined,
    onProblem: (error: unknown) => void,
  ) {
    this.#ledger = ledger
    this.#mlflow = mlflow
    this.#onProblem = onProblem
  }

  async run(id: string): Promise<RunLineage | undefined> {
    const kept = await this.#ledger?.run(id)
    return kept ?? (await this.#ask(({ source }) => source.run(id)))
  }

  async newestWith(dataset: string, digest: string | undefined): Promise<string | undefined> {
    const kept = await this.#ledger?.newestWith(dataset, digest)
    return kept ?? (await this.#ask(({ source }) => source.newestWith(dataset, digest)))
  }

  async makersOf(dataset: string, digest: string): Promise<readonly string[]> {
    const kept = await this.#ledger?.makersOf(dataset, digest)
    return distinct(kept, await this.#ask(({ source }) => source.makersOf(dataset, digest)))
  }

  async readersOf(dataset: string, digest: string, limit: number): Promise<readonly string[]> {
    const kept = await this.#ledger?.readersOf(dataset, digest, limit)
    const older = await this.#ask(({ source }) => source.readersOf(dataset, digest, limit))
    return distinct(kept, older).slice(0, limit)
  }

  async versionsOf(run: string): Promise<readonly ModelVersion[]> {
    return (await this.#ask(({ versions }) => versions.versionsOf(run))) ?? []
  }

  /** A version of a registered model. */
  find(address: VersionAddress): Promise<ModelVersion | undefined> {
    return this.#ask(({ versions }) => versions.find(address))
  }

  async #ask<Answer>(
    question: (mlflow: RecordedLineage) => Promise<Answer>,
  ): Promise<Answer | undefined> {
    const mlflow = this.#mlflow
    if (mlflow === undefined) return undefined
    try {
      return await question(mlflow)
    } catch (error) {
      if (this.#mlflow !== undefined) this.#onProblem(error)
      this.#mlflow = undefined
      return undefined
    }
  }
}

function distinct(...lists: readonly (readonly string[] | undefined)[]): readonly string[] {
  return [...new Set(lists.flatMap((list) => list ?? []))]
}
