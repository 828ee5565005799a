/** Requests to one storage at a time. */
const atOnce = 16

/** Does something for each, a few at a time; ends with the first failure. */
export async function eachOf<T>(
  all: readonly T[],
  work: (each: T) => Promise<void>,
): Promise<void> {
  const rest = all.values()
  const workers = Array.from({ length: Math.min(atOnce, all.length) }, async () => {
    for (const each of rest) await work(each)
  })
  await Promise.all(workers)
}
