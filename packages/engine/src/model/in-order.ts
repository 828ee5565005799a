import type { AnyNode } from '../definition/node.ts'
import { compile } from '../plan/compile.ts'

/** Nodes in topological order: producers before dependents. @throws PipelineError as `compile` */
export function inOrder(pipeline: string, nodes: readonly AnyNode[]): readonly AnyNode[] {
  const { plan } = compile({ name: pipeline, nodes, metrics: [], tags: {} })
  const byName = new Map(nodes.map((node) => [node.name, node]))
  // The plan was compiled from these nodes.
  return plan.nodes.map(({ name }) => byName.get(name) as AnyNode)
}
