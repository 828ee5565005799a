import { datasetOf } from '../definition/variant.ts'
import type { Plan } from './plan.ts'

const known = new WeakMap<Plan, readonly (readonly string[])[]>()

/**
 * Datasets that each node reads from other nodes, by the node's index: each once, under the name by which it is made, sorted. The ledger hands
 * out references in this order, so it must not depend on the order of keys: the plan's text, which workers read, sorts them.
 */
export function madeInputs(plan: Plan): readonly (readonly string[])[] {
  let inputs = known.get(plan)
  if (inputs === undefined) {
    const outputs = plan.nodes.flatMap((node) => Object.values(node.outputs))
    const made = new Map(outputs.map((name) => [datasetOf(name), name]))
    inputs = plan.nodes.map((node) => {
      const names = Object.values(node.inputs).flatMap((name) => made.get(datasetOf(name)) ?? [])
      return [...new Set(names)].toSorted()
    })
    known.set(plan, inputs)
  }
  return inputs
}
