import type { NodeResumption } from '@pipewright/engine/client'
import { nodeResumptionText } from '@pipewright/engine/client'

import { tableText } from '../terminal/table-text.ts'

/** What a run that resumes another would do with each node, and why. */
export function resumePlanText(run: string, nodes: readonly NodeResumption[]): string {
  const count = (action: NodeResumption['action']): number =>
    nodes.filter((node) => node.action === action).length
  const skipped = count('skip')
  return [
    tableText(nodes.map((node) => [node.node, node.action, nodeResumptionText(node)])),
    '',
    `Of run ${run} ${count('reuse')} results are kept; ${count('run')} nodes run${skipped > 0 ? `, ${skipped} are skipped` : ''}.`,
  ].join('\n')
}
