/** Calls `act` with each item, of at most `atOnce` at a time; rejects with the first error when those under way have ended. */
export async function eachOf<Item>(
  items: readonly Item[],
  atOnce: number,
  act: (item: Item) => Promise<void>,
): Promise<void> {
  const left = items.values()
  let failed = false
  const work = async (): Promise<void> => {
    for (const item of left) {
      if (failed) return
      try {
        // oxlint-disable-next-line no-await-in-loop -- several such loops share the items
        await act(item)
      } catch (error) {
        failed = true
        throw error
      }
    }
  }
  const done = await Promise.allSettled(Array.from({ length: atOnce }, work))
  for (const result of done) if (result.status === 'rejected') throw result.reason
}
