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
  const [issue] = parsed.error.issues
  throw new UsageError(
    'INVALID_RUN_INPUT',
    `Input ${issue?.path.join('.') ?? ''} of pipeline "${pipeline}" is refused: ${issue?.message ?? 'it is no input'}.`,
    {
      hint: "Say what it is and where it lies: { days: { type: 'csv', filepath: 'data/2015-06.csv' } }.",
      cause: parsed.error,
    },
  )
}
