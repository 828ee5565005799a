import type { Run } from '../../run/run.ts'

/**
 * The params of a run that resumes another: those that were given then, changed by those that are given now. What nobody has
 * given comes from the configuration of now.
 *
 * @param same True for all params as the earlier run had them, wherever they came from.
 */
export function resumedParams(
  { params, given = {} }: Pick<Run, 'params' | 'given'>,
  now: Readonly<Record<string, unknown>>,
  same: boolean,
): Readonly<Record<string, unknown>> {
  const kept = Object.entries(params).filter(
    ([name]) => (same || isGiven(given, name)) && !isGiven(now, name),
  )
  return { ...Object.fromEntries(kept), ...now }
}

/** Whether params, flat or nested, say something of this name, of a part of it, or of the whole that it is part of. */
function isGiven(params: Readonly<Record<string, unknown>>, name: string): boolean {
  return namesOf(params).some(
    (other) => other === name || other.startsWith(`${name}.`) || name.startsWith(`${other}.`),
  )
}

function namesOf(params: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.entries(params).flatMap(([name, value]) =>
    isNested(value) ? namesOf(value).map((inner) => `${name}.${inner}`) : [name],
  )
}

function isNested(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
