import type { ScriptName } from '@pipewright/engine/internal'

/** A mistake that is put into a script. */
export interface Mutant {
  /** `ledger`: the functions that all scripts share. */
  readonly script: ScriptName | 'ledger'
  /** What goes wrong. */
  readonly what: string
  readonly find: string
  readonly put: string
  /** Why no sequence can show it: it changes nothing that matters. */
  readonly equivalent?: string
}
