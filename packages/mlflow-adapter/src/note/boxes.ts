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
  const names = [...instances.keys()]
  const places = new Map(names.map((name, place) => [name, place]))
  return [...instances].map(([name, nodes]) => {
    const reads = new Map<number, Set<string>>()
    for (const index of nodes) addReads(reads, plan, index, places)
    // instances that read from each other are one box
    reads.delete(places.get(name) ?? -1)
    return { name, nodes, reads: new Map([...reads].map(([from, sets]) => [from, [...sets]])) }
  })
}

function addReads(
  reads: Map<number, Set<string>>,
  plan: Plan,
  index: number,
  places: ReadonlyMap<string, number>,
): void {
  const node = plan.nodes[index]
  const read = new Set(Object.values(node?.inputs ?? {}))
  for (const producer of node?.producers ?? []) {
    const from = places.get(nodeOf(plan.nodes[producer]?.name ?? ''))
    if (from === undefined) continue
    const passed = reads.get(from) ?? new Set()
    for (const dataset of Object.values(plan.nodes[producer]?.outputs ?? {}))
      if (read.has(dataset)) passed.add(dataset)
    reads.set(from, passed)
  }
}

/** What a box is called: `score × 500` when it stands for many. */
export function boxTitle({ name, nodes }: Box): string {
  return nodes.length > 1 ? `${name} × ${nodes.length}` : name
}
