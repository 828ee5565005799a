/**
 * One claim of a conformance suite. It belongs to no test framework:
 *
 * @example
 * for (const { name, run } of storageConformance({ open, close })) test(name, run)
 */
export interface ConformanceCase {
  readonly name: string
  /** Rejects, with an assertion that says why, when the claim does not hold. */
  run(): Promise<void>
}
