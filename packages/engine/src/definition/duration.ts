import { PipelineError } from '../errors.ts'

/** A length of time: milliseconds, or a number with a unit: `'250ms' '30s' '10m' '2h' '7d'`. */
export type Duration = number | `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`

const units: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

/**
 * Milliseconds of a duration.
 *
 * @throws PipelineError `INVALID_DURATION` when it is negative, not finite or has an unknown unit.
 */
export function milliseconds(duration: Duration): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(String(duration))
  const value =
    typeof duration === 'number' ? duration : Number(match?.[1]) * (units[match?.[2] ?? ''] ?? NaN)
  if (Number.isFinite(value) && value >= 0) return Math.round(value)
  throw new PipelineError('INVALID_DURATION', `${JSON.stringify(duration)} is not a duration.`, {
    hint: "Write milliseconds as a number, or a number with a unit, such as '30s', '10m' or '2h'.",
  })
}
