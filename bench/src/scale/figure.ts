/** One figure, and the promise that it stands beside. */
export interface Figure {
  readonly what: string
  readonly value: number
  readonly unit: string
  /** What the project promises, in words; empty for a figure that only explains another. */
  readonly target: string
  readonly holds: boolean
}

/** A figure that must not be above the limit. */
export function atMost(what: string, value: number, unit: string, limit: number): Figure {
  return { what, value, unit, target: `at most ${limit}`, holds: value <= limit }
}

/** A figure that must not be below the limit. */
export function atLeast(what: string, value: number, unit: string, limit: number): Figure {
  return { what, value, unit, target: `at least ${limit}`, holds: value >= limit }
}

/** A figure without a promise. */
export function seen(what: string, value: number, unit: string): Figure {
  return { what, value, unit, target: '', holds: true }
}
