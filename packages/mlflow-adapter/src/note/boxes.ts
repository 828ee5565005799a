import type { Plan } from '@pipewright/engine/internal'

import { nodeOf } from '../mapped.ts'

/** A node of a pipeline as people see it: all instances of a mapped node are one. */
export interface Box {
  readonly name: string
  /** Indexes of its nodes in the plan. */
  readonly nodes: readonly number[]
  /** Datasets by the place, among the boxes, of the one that makes them. */
  readonly reads: ReadonlyMap<number, readonly string[]>
}

/** The boxes of a plan, producers before those that read from them. */
export function boxesOf(plan: Plan): readonly Box[] {
  const instances = new Map<string, number[]>()
  for (const [index, { name }] of plan.nodes.entries()) {
    const node = nodeOf(name)
    const known = instances.get(node)
    if (known === undefined) instances.set(node, [index])
    else known.push(index)
  }
  const places = new Map([...instances.keys()].map((name, place) => [name, place]))
  return [...instances].map(([name, nodes]) => {
    const reads = new Map<number, Set<string>>()
    for (const index of nodes)
      for (const { maker, datasets } of readsOf(plan, index)) {
        const from = places.get(maker)
        // instances that read from each other are one box
        if (from === undefined || maker === name) continue
        reads.set(from, new Set([...(reads.get(from) ?? []), ...datasets]))
      }
    return { name, nodes, reads: new Map([...reads].map(([from, sets]) => [from, [...sets]])) }
  })
}

/** What a node reads, by the node that makes it. */
function readsOf(
  plan: Plan,
  index: number,
): readonly { readonly maker: string; readonly datasets: readonly string[] }[] {
  const node = plan.nodes[index]
  const read = new Set(Object.values(node?.inputs ?? {}))
  return (node?.producers ?? []).map((producer) => {
    const made = Object.values(plan.nodes[producer]?.outputs ?? {})
    return {
      maker: nodeOf(plan.nodes[producer]?.name ?? ''),
      datasets: made.filter((dataset) => read.has(dataset)),
    }
  })
}

/** What a box is called: `score × 500` when it stands for many. */
export function boxTitle({ name, nodes }: Box): string {
  return nodes.length > 1 ? `${name} × ${nodes.length}` : name
}
