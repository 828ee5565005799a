import type { Plan } from './plan.ts'

const known = new WeakMap<Plan, readonly (readonly string[])[]>()

/**
 * Datasets that each node reads from other nodes, by the node's index: each once, sorted by name. The ledger hands
 * out references in this order, so it must not depend on the order of keys: the plan's text, which workers read, sorts them.
 */
export function madeInputs(plan: Plan): readonly (readonly string[])[] {
  let inputs = known.get(plan)
  if (inputs === undefined) {
    const made = new Set(plan.nodes.flatMap((node) => Object.values(node.outputs)))
    inputs = plan.nodes.map((node) =>
      [...new Set(Object.values(node.inputs))].filter((dataset) => made.has(dataset)).toSorted(),
    )
    known.set(plan, inputs)
  }
  return inputs
}
