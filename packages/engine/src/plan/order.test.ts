import { describe, expect, it } from 'vitest'

import { numbers } from '../testing/random-pipeline.ts'
import { findCycle, topologicalOrder } from './order.ts'

/** Edges as [producer, dependent]. */
function graph(
  size: number,
  edges: readonly (readonly [number, number])[],
): { producers: number[][]; dependents: number[][] } {
  const producers: number[][] = Array.from({ length: size }, () => [])
  const dependents: number[][] = Array.from({ length: size }, () => [])
  for (const [from, to] of edges) {
    producers[to]?.push(from)
    dependents[from]?.push(to)
  }
  return { producers, dependents }
}

describe('topologicalOrder', () => {
  it('takes the node declared first among the ready ones', () => {
    const { producers, dependents } = graph(6, [
      [5, 0],
      [3, 1],
    ])
    expect(topologicalOrder(producers, dependents)).toEqual([2, 3, 1, 4, 5, 0])
  })

  it('leaves out a cycle and all that depends on it', () => {
    const { producers, dependents } = graph(5, [
      [0, 1],
      [1, 2],
      [2, 1],
      [2, 3],
    ])
    expect(topologicalOrder(producers, dependents)).toEqual([0, 4])
  })

  it('agrees with the definition on random graphs', () => {
    for (let seed = 1; seed <= 40; seed++) {
      const random = numbers(seed)
      const size = 1 + Math.floor(random() * 60)
      const edges = Array.from({ length: size * 2 }, (): [number, number] => {
        const from = Math.floor(random() * size)
        const to = Math.floor(random() * size)
        // The direction is another one than that of the indexes.
        return (from * 7919) % 61 < (to * 7919) % 61 ? [from, to] : [to, from]
      }).filter(([from, to]) => (from * 7919) % 61 !== (to * 7919) % 61)
      const { producers, dependents } = graph(size, edges)
      const order = topologicalOrder(producers, dependents)
      expect(order.toSorted((a, b) => a - b)).toEqual(Array.from({ length: size }, (_, i) => i))
      const done = new Set<number>()
      for (const index of order) {
        const ready = producers.flatMap((of, i) =>
          !done.has(i) && of.every((p) => done.has(p)) ? [i] : [],
        )
        expect(index).toBe(Math.min(...ready))
        done.add(index)
      }
    }
  })
})

describe('findCycle', () => {
  it('gives the cycle in the direction of the data, not the way to it', () => {
    const { producers, dependents } = graph(6, [
      [1, 2],
      [2, 3],
      [3, 1],
      [3, 0],
      [4, 1],
    ])
    const cycle = findCycle(producers, topologicalOrder(producers, dependents))
    expect(cycle).toHaveLength(3)
    for (const [place, index] of cycle.entries()) {
      expect(dependents[index]).toContain(cycle[(place + 1) % cycle.length])
    }
  })
})
