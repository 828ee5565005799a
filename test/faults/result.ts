import type { Checked } from './project.ts'
import { p95 } from './random.ts'
import type { BareResult, RowResult } from './row.ts'

/** A demand of a row. */
export interface Demand {
  readonly what: string
  readonly holds: boolean
}

/** Makes a row's result: it passes when the checker found nothing, nothing was lost, and every demand holds. */
export function resultOf(
  row: string,
  trials: number,
  parts: readonly Checked[],
  more: {
    readonly demands?: readonly Demand[]
    readonly notes?: readonly string[]
    readonly recoveries?: readonly number[]
    readonly bare?: BareResult | null
  } = {},
): RowResult {
  const { demands = [], notes = [], recoveries = [], bare = null } = more
  const sum = (of: (part: Checked) => number): number =>
    parts.reduce((total, part) => total + of(part), 0)
  const tracked = parts.some(({ figures }) => figures.duplicatesInMlflow !== null)
  const result = {
    row,
    trials,
    lost: sum(({ figures }) => figures.lost),
    failedByInfrastructure: sum(({ figures }) => figures.failedByInfrastructure),
    rerunCommitted: sum(({ figures }) => figures.rerunCommitted),
    duplicatesInMlflow: tracked ? sum(({ figures }) => figures.duplicatesInMlflow ?? 0) : null,
    recoveryP95Ms: p95(recoveries),
    bare,
  }
  const missed = demands.filter(({ holds }) => !holds).map(({ what }) => `does not hold: ${what}`)
  const violations = parts.flatMap((part) => part.notes)
  const none =
    result.lost + result.failedByInfrastructure + result.rerunCommitted === 0 &&
    (result.duplicatesInMlflow ?? 0) === 0
  return {
    ...result,
    pass: none && missed.length === 0 && violations.length === 0 && trials > 0,
    notes: [...notes, ...missed, ...violations],
  }
}
