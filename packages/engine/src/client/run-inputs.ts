import { describeIssues } from '../catalog/describe-issues.ts'
import { didYouMean } from '../definition/nearest.ts'
import { UsageError } from '../errors.ts'
import { canonicalJson } from '../plan/canonical-json.ts'
import { RunInputs } from '../run/run-input.ts'

/**
 * Inputs of a run as its header keeps them: canonical JSON, empty for none.
 *
 * @param known Datasets that the pipeline reads and none of its nodes makes.
 * @throws UsageError `UNKNOWN_DATASET`, `INVALID_RUN_INPUT`
 */
export function storedInputs(
  pipeline: string,
  given: RunInputs | undefined,
  known: readonly string[],
): string {
  const names = Object.keys(given ?? {})
  if (names.length === 0) return ''
  const stranger = names.find((name) => !known.includes(name))
  if (stranger !== undefined) {
    throw new UsageError(
      'UNKNOWN_DATASET',
      `Pipeline "${pipeline}" reads no dataset "${stranger}" from the catalog.`,
      { hint: didYouMean(stranger, known, 'inputs') },
    )
  }
  const parsed = RunInputs.safeParse(given)
  if (parsed.success) return canonicalJson(parsed.data)
  throw new UsageError(
    'INVALID_RUN_INPUT',
    `The inputs of pipeline "${pipeline}" are refused: ${describeIssues(parsed.error.issues)}.`,
    {
      hint: "Say what it is and where it lies: { days: { type: 'csv', filepath: 'data/2015-06.csv' } }, or which version: { days: { version: '2026-11-23T16.44.18.123Z' } }.",
      cause: parsed.error,
    },
  )
}
