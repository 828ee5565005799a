import type { Facts } from '../facts.ts'

/** When retention is over, no key of a run is left. */
export function noKeySurvives({ history: { keys = [] } }: Facts): readonly string[] {
  return keys.map((key) => `${key} is left after retention`)
}
