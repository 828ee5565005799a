import type { Flavor, ModelFolder } from '../model-folder.ts'
import type { ScoringAnswer, ScoringRequest } from '../protocol/scoring-answer.ts'

/** What a thread is started with. */
export interface ThreadData {
  readonly folder: ModelFolder
  readonly flavor: Exclude<Flavor, 'python_function'>
  readonly runtimeFrom: readonly string[]
}

/** To a thread. */
export type ToThread =
  | { readonly kind: 'score'; readonly id: number; readonly request: ScoringRequest }
  | { readonly kind: 'close' }

/** From a thread: first whether the model is loaded, then an answer for each request. */
export type FromThread =
  | { readonly kind: 'ready' }
  | {
      readonly kind: 'unusable'
      readonly code: string | undefined
      readonly message: string
      readonly hint: string | undefined
    }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: ScoringAnswer }
