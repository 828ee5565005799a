import type { Plan } from '@pipewright/engine/client'

/** A node's place in the drawing of a DAG. */
export interface DrawnNode {
  readonly index: number
  /** Length of the longest way from a root. */
  readonly depth: number
}

/**
 * The order in which the nodes of a plan are drawn, one a line: every node below all that it needs, and a chain in one
 * piece before the next one begins.
 */
export function drawingOrder({ nodes }: Pick<Plan, 'nodes'>): readonly DrawnNode[] {
  const waiting = nodes.map((node) => node.producers.length)
  const depths = nodes.map(() => 0)
  const order: DrawnNode[] = []
  const open = nodes
    .flatMap((node, index) => (node.producers.length === 0 ? [index] : []))
    .toReversed()
  for (let index = open.pop(); index !== undefined; index = open.pop()) {
    const depth = depths[index] ?? 0
    order.push({ index, depth })
    for (const dependent of (nodes[index]?.dependents ?? []).toReversed()) {
      depths[dependent] = Math.max(depths[dependent] ?? 0, depth + 1)
      const left = (waiting[dependent] ?? 0) - 1
      waiting[dependent] = left
      if (left === 0) open.push(dependent)
    }
  }
  return order
}
