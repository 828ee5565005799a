/**
 * One claim of a conformance suite. It belongs to no test framework:
 *
 * @example
 * test.each(storageConformance({ open, close }))('$name', async ({ run }) => await run())
 */
export interface ConformanceCase {
  readonly name: string
  /** Rejects, with an assertion that says why, when the claim does not hold. */
  readonly run: () => Promise<void>
}
