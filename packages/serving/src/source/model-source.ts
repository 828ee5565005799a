import type { ModelUri } from './model-uri.ts'

/** A version of a model that was found. Its content never changes. */
export interface FoundModel {
  /** Names it in metrics and messages: `reviews/3`, a path, an id. */
  readonly id: string
  /** The run that made it, if it is known. */
  readonly run: string | undefined
  /** Its own id in MLflow, if it has one. */
  readonly modelId: string | undefined
  /** Makes sure that its files are here, and returns their folder. @throws InfrastructureError `MODEL_NOT_FETCHED` */
  fetch(): Promise<string>
}

/** Where models come from. */
export interface ModelSource {
  /**
   * Finds what an address means now.
   *
   * @throws UsageError `MODEL_NOT_FOUND`; InfrastructureError when the registry does not answer
   */
  find(uri: ModelUri): Promise<FoundModel>
  /**
   * Points an alias that still is at `from` to another version, or removes it. Does nothing when somebody else has moved
   * it already.
   */
  moveAlias(uri: AliasUri, from: FoundModel, to: FoundModel | undefined): Promise<void>
  /** Latest metrics that are recorded for a version, by name. */
  metrics(model: FoundModel): Promise<ReadonlyMap<string, number>>
  close(): void
}

export type AliasUri = Extract<ModelUri, { readonly kind: 'alias' }>
