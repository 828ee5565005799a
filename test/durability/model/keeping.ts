import type {
  DatasetReference,
  ElementRecord,
  KeptResult,
  NodeFinished,
} from '@pipewright/engine/internal'

import { choose } from './scenario.ts'
import type { NodeState, RunState } from './world.ts'

/** Results of an earlier run that a run takes over: of some of its nodes, whichever they are. */
export function keep(run: RunState, choice: number): readonly KeptResult[] {
  const results: KeptResult[] = []
  for (const node of run.nodes) {
    if ((choice >> (node.index % 8)) % 2 === 0) continue
    const result = resultOf(run, node, choice)
    const [output] = result.outputs
    node.kept = {
      record: JSON.stringify(result.record),
      reference: output === undefined ? undefined : JSON.stringify(output.reference),
      declined: new Set(result.declined),
    }
    results.push(result)
  }
  return results
}

/** Elements of a map that the earlier run has left. */
export function keptElements(
  run: RunState,
  elements: number,
  choice: number,
): ReadonlyMap<number, ElementRecord> {
  const kept = new Map<number, ElementRecord>()
  if (run.nodes.every((node) => node.kept === undefined)) return kept
  for (let element = 0; element < elements; element += 1) {
    if ((choice >> (element % 8)) % 2 === 0) continue
    const outputs = [{ format: 'json', inline: String(element) }]
    kept.set(element, { status: 'reused', attempt: 1, startedAt: 1, duration: 1, outputs })
  }
  return kept
}

function resultOf(run: RunState, node: NodeState, choice: number): KeptResult {
  const { plan, index } = node
  const record: NodeFinished = {
    type: 'node_finished',
    run: run.id,
    node: node.name,
    index,
    attempt: 1,
    status: 'reused',
    startedAt: 1,
    endedAt: 2,
    worker: '',
    metrics: [],
    outputs: [],
    finalMetrics: {},
    origin: { run: 'r0', node: node.name, endedAt: 2 },
  }
  const { out: dataset } = plan.outputs
  const { names, declined } = choose(plan, choice >> 3) ?? {}
  if (names !== undefined)
    return { index, record: { ...record, choice: names }, outputs: [], declined }
  if (dataset === undefined) return { index, record, outputs: [] }
  const inline = `"${run.id}/${index}"`
  const reference: DatasetReference = { dataset, format: 'json', bytes: 1, sha256: '', inline }
  return { index, record, outputs: [{ reference, publish: run.listed.has(index) }] }
}
