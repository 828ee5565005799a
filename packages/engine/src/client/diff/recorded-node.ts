import { datasetOf } from '../../definition/variant.ts'
import type { CodeBasis, NodeBasis } from '../../plan/compare.ts'
import type { Content } from '../../plan/difference.ts'
import type { Plan, PlanNode } from '../../plan/plan.ts'
import type { NodeRun, Run } from '../../run/run.ts'

/** A run with all that is read of it to compare it with another. */
export interface RecordedRun {
  readonly run: Run
  readonly plan: Plan
  /** In the order of the plan. */
  readonly nodes: readonly NodeRun[]
  /** Code by its fingerprint, as far as it is known. */
  readonly codes: ReadonlyMap<string, CodeBasis>
}

/** A node run of a recorded run, ready to be compared. */
export interface RecordedNode {
  readonly planned: PlanNode
  readonly nodeRun: NodeRun
  readonly basis: NodeBasis
  /** sha256 of what it made, by dataset. */
  readonly made: ReadonlyMap<string, string>
}

/** The node runs of a run by the names of their nodes, in the order of the plan. */
export function recordedNodes(recorded: RecordedRun): ReadonlyMap<string, RecordedNode> {
  const { plan, nodes } = recorded
  const made = new Map<string, Content>()
  const found = new Map<string, RecordedNode>()
  // Producers come first, so what a node reads of the run is known when it is its turn.
  for (const [index, planned] of plan.nodes.entries()) {
    const nodeRun = nodes[index]
    if (nodeRun === undefined) continue
    const basis = basisOf(planned, nodeRun, recorded, made)
    const outputs = nodeRun.record?.outputs ?? []
    for (const { dataset, sha256 } of outputs)
      made.set(datasetOf(dataset), { sha256, madeBy: planned.name })
    const contents = new Map(outputs.map(({ dataset, sha256 }) => [dataset, sha256]))
    found.set(planned.name, { planned, nodeRun, basis, made: contents })
  }
  return found
}

function basisOf(
  planned: PlanNode,
  { record }: NodeRun,
  { run, codes }: RecordedRun,
  made: ReadonlyMap<string, Content>,
): NodeBasis {
  const reads = new Map(
    (record?.reads ?? []).map(({ dataset, sha256, path }) => [dataset, { sha256, path }]),
  )
  const formats = new Map((record?.outputs ?? []).map(({ dataset, format }) => [dataset, format]))
  const code = record?.code
  return {
    code: code === undefined ? undefined : (codes.get(code) ?? { fingerprint: code }),
    params: Object.fromEntries(
      Object.values(planned.params)
        .filter((name) => Object.hasOwn(run.params, name))
        .map((name) => [name, run.params[name]]),
    ),
    inputs: Object.fromEntries(
      Object.values(planned.inputs).map((dataset) => [
        dataset,
        reads.get(dataset) ?? made.get(datasetOf(dataset)),
      ]),
    ),
    outputs: Object.fromEntries(
      Object.values(planned.outputs).map((dataset) => [dataset, formats.get(dataset)]),
    ),
  }
}
