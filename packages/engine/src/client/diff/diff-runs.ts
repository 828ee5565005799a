import type { Run } from '../../run/run.ts'
import { isSame, type DiffedRun, type RunDiff } from './answer.ts'
import { diffMetrics } from './diff-metrics.ts'
import { diffNodes } from './diff-nodes.ts'
import { recordedNodes, type RecordedRun } from './recorded-node.ts'

/** Says what differs between two runs, from their records alone. */
export function diffRuns(a: RecordedRun, b: RecordedRun): RunDiff {
  const nodes = diffNodes(recordedNodes(a), recordedNodes(b))
  return {
    a: diffedRun(a.run),
    b: diffedRun(b.run),
    first: nodes.find((node) => !isSame(node))?.node,
    nodes,
    metrics: diffMetrics(a, b),
  }
}

function diffedRun({ id, pipeline, status, createdAt, endedAt }: Run): DiffedRun {
  return { id, pipeline, status, createdAt, endedAt }
}
