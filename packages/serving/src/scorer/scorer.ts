import type { CellKind } from '../protocol/read-csv.ts'
import type { ScoringInput } from '../protocol/scoring-input.ts'

/** A loaded model of one flavor. */
export interface Scorer {
  /** What a column of a CSV table holds; undefined: whatever its cells look like. */
  kindOf(column: string): CellKind
  /**
   * The predictions, as JSON.
   *
   * @throws ScoringError when the input is not what the model takes; anything else is the model's failure
   */
  predict(input: ScoringInput): Promise<unknown>
  close(): Promise<void>
}
