import type { ModelManifest } from './manifest.ts'

/** A model that is loaded and predicts. Calls may overlap. */
export interface Model {
  readonly manifest: ModelManifest
  /**
   * Predicts rows. They are given, and come back, as JSON holds them: a date is a string.
   *
   * @throws UsageError `INVALID_MODEL_INPUT`, which names the row and the field that the contract does not allow; and
   * whatever a node of the inference pipeline throws.
   */
  predict(rows: readonly unknown[]): Promise<readonly unknown[]>
  /** Ends it: calls under way are aborted by the signal of their nodes, later ones are refused. */
  close(): Promise<void>
}

/** What `code/model.mjs` of a package exports. */
export interface ModelModule {
  /** Opens the model whose folder it lies in. */
  open(folder: string, manifest: ModelManifest): Promise<Model>
  /** Answers lines of JSON on standard input until it ends: for programs that are not JavaScript. */
  serve(folder: string): Promise<void>
}
