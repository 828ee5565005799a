/**
 * Topological order of a graph given as the indexes of each node's producers and dependents. Among the nodes that are
 * ready, the one declared first comes first, so a pipeline that is declared in order keeps it.
 *
 * Nodes on a cycle, and all that depend on them, are not in the result.
 */
export function topologicalOrder(
  producers: readonly (readonly number[])[],
  dependents: readonly (readonly number[])[],
): readonly number[] {
  const missing = producers.map((of) => of.length)
  const ready = new ReadyNodes()
  for (const [index, count] of missing.entries()) if (count === 0) ready.add(index)
  const order: number[] = []
  for (let index = ready.take(); index !== undefined; index = ready.take()) {
    order.push(index)
    for (const dependent of dependents[index] ?? []) {
      const left = (missing[dependent] ?? 0) - 1
      missing[dependent] = left
      if (left === 0) ready.add(dependent)
    }
  }
  return order
}

/**
 * One cycle of a graph, in the direction of the data, without the repeated end. Call it only when `order` left nodes
 * out: each of those has a producer that was left out too, so walking up must come round.
 */
export function findCycle(
  producers: readonly (readonly number[])[],
  order: readonly number[],
): readonly number[] {
  const ordered = new Set(order)
  const path: number[] = []
  const position = new Map<number, number>()
  let current = producers.findIndex((_, index) => !ordered.has(index))
  while (!position.has(current)) {
    position.set(current, path.length)
    path.push(current)
    current = producers[current]?.find((producer) => !ordered.has(producer)) ?? current
  }
  return path.slice(position.get(current)).toReversed()
}

/** A binary heap of indexes: the smallest comes out first. */
class ReadyNodes {
  readonly #heap: number[] = []

  add(index: number): void {
    const heap = this.#heap
    let place = heap.push(index) - 1
    while (place > 0) {
      const parent = (place - 1) >> 1
      if (at(heap, parent) <= index) break
      heap[place] = at(heap, parent)
      place = parent
    }
    heap[place] = index
  }

  take(): number | undefined {
    const heap = this.#heap
    const first = heap[0]
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return first
    let place = 0
    for (;;) {
      let child = 2 * place + 1
      if (at(heap, child + 1) < at(heap, child)) child += 1
      if (at(heap, child) >= last) break
      heap[place] = at(heap, child)
      place = child
    }
    heap[place] = last
    return first
  }
}

/** Places beyond the end count as later than every index. */
function at(heap: readonly number[], place: number): number {
  return heap[place] ?? Infinity
}
