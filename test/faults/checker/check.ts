import { factsOf, type Facts } from './facts.ts'
import type { History } from './history.ts'
import { acknowledgedRunsAreKnown } from './invariants/acknowledged-runs-are-known.ts'
import { attemptsAreBounded } from './invariants/attempts-are-bounded.ts'
import { cancelledStartsNothing } from './invariants/cancelled-starts-nothing.ts'
import { committedStaysDone } from './invariants/committed-stays-done.ts'
import { completionsWereSeen } from './invariants/completions-were-seen.ts'
import { eventsTellTheLedger } from './invariants/events-tell-the-ledger.ts'
import { inputsAreCommitted } from './invariants/inputs-are-committed.ts'
import { lossesAreExcused } from './invariants/losses-are-excused.ts'
import { mlflowEqualsLedger } from './invariants/mlflow-equals-ledger.ts'
import { noKeySurvives } from './invariants/no-key-survives.ts'
import { nothingAfterFailure } from './invariants/nothing-after-failure.ts'
import { nothingIsStuck } from './invariants/nothing-is-stuck.ts'
import { oneCompletion } from './invariants/one-completion.ts'
import { outputsAreWhole } from './invariants/outputs-are-whole.ts'
import { runsEndWithTheirNodes } from './invariants/runs-end-with-their-nodes.ts'
import { startsAreExcused } from './invariants/starts-are-excused.ts'

/** What every history must obey; each gives one text a violation. */
const invariants = {
  acknowledgedRunsAreKnown,
  inputsAreCommitted,
  oneCompletion,
  completionsWereSeen,
  startsAreExcused,
  committedStaysDone,
  attemptsAreBounded,
  lossesAreExcused,
  nothingAfterFailure,
  runsEndWithTheirNodes,
  nothingIsStuck,
  eventsTellTheLedger,
  outputsAreWhole,
  cancelledStartsNothing,
  mlflowEqualsLedger,
  noKeySurvives,
} satisfies Record<string, (facts: Facts) => readonly string[]>

/** The name of an invariant. */
export type Invariant = keyof typeof invariants

/** An invariant that does not hold, and where. */
export interface Violation {
  readonly invariant: Invariant
  readonly text: string
}

/** Checks a history against every invariant. */
export function check(history: History): readonly Violation[] {
  const facts = factsOf(history)
  return Object.entries(invariants).flatMap(([invariant, violationsOf]) =>
    // Its keys are these names.
    violationsOf(facts).map((text) => ({ invariant: invariant as Invariant, text })),
  )
}
