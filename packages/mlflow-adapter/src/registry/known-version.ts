import type { ModelEvaluation } from '@pipewright/engine/model'

/** A version of a registered model, with what its training run measured. */
export interface KnownVersion {
  readonly name: string
  readonly version: string
  /** Aliases that name it. */
  readonly aliases: readonly string[]
  /** Milliseconds since 1970. */
  readonly createdAt: number
  readonly description: string
  /** Where its files come from. */
  readonly source: string
  /** The run in MLflow that made it; empty when it is not known. */
  readonly run: string
  readonly tags: Readonly<Record<string, string>>
  /** By what it is compared; undefined for a model that does not say. */
  readonly evaluation: ModelEvaluation | undefined
}

/** What a training run recorded: for comparisons. */
export interface Measured {
  readonly metrics: Readonly<Record<string, number>>
  readonly params: Readonly<Record<string, string>>
}
