/**
 * Applies a function to all items at once and gives the results in their order, or throws the first error by position.
 * It waits for everything that was begun before it throws, so that nothing is still being read or written when the
 * caller goes on. Costs no promise when the function returns none.
 */
export function mapTogether<Item, Result>(
  items: readonly Item[],
  apply: (item: Item) => Result | Promise<Result>,
): readonly Result[] | Promise<readonly Result[]> {
  const results: (Result | Promise<Result>)[] = []
  let waiting = false
  for (const item of items) {
    try {
      const result = apply(item)
      waiting ||= result instanceof Promise
      results.push(result)
    } catch (error) {
      if (!waiting) throw error
      results.push(Promise.reject(error))
      break
    }
  }
  // Without a promise among them, all are results.
  return waiting ? settle(results) : (results as readonly Result[])
}

async function settle<Result>(
  results: readonly (Result | Promise<Result>)[],
): Promise<readonly Result[]> {
  const settled = await Promise.allSettled(results)
  return settled.map((result) => {
    if (result.status === 'fulfilled') return result.value
    throw result.reason
  })
}
