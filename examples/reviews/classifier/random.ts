/**
 * A seeded generator of numbers from 0 to 1: mulberry32, in the public domain
 * (https://github.com/bryc/code/blob/master/jshash/PRNGs.md). Not for secrets.
 */
export function seededRandom(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** The items in an order drawn by `random` (Fisher and Yates). */
export function shuffled<Item>(items: readonly Item[], random: () => number): Item[] {
  const order = [...items]
  for (let last = order.length - 1; last > 0; last -= 1) {
    const drawn = Math.floor(random() * (last + 1))
    // Both places are in the array.
    const [a, b] = [order[last] as Item, order[drawn] as Item]
    order[last] = b
    order[drawn] = a
  }
  return order
}
