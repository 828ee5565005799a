import type { NodeFinished } from '@pipewright/engine/internal'

import { marks } from './marks.ts'
import { took, valueText } from './text.ts'

const mostRows = 40
const mostMetrics = 4

/**
 * Nodes as a Markdown table. Of very many, those that did not succeed and those that took longest, which is what people look
 * for; the rest is in MLflow's list of child runs.
 */
export function nodeTable(
  nodes: readonly NodeFinished[],
  titleOf: (node: string) => string,
): string {
  const shown = nodes.length <= mostRows ? nodes : notable(nodes)
  const rows = shown.map((node) => rowOf(node, titleOf))
  const rest = nodes.length - shown.length
  const more = rest > 0 ? `\n\nand ${rest} more nodes, which took less time.` : ''
  return `| node | status | took | metrics |\n| :-- | :-- | --: | :-- |\n${rows.join('\n')}${more}`
}

function notable(nodes: readonly NodeFinished[]): readonly NodeFinished[] {
  const chosen = new Set(nodes.toSorted((a, b) => rank(b) - rank(a)).slice(0, mostRows))
  return nodes.filter((node) => chosen.has(node))
}

/** Those that did not succeed come before all others. */
function rank(node: NodeFinished): number {
  const isGood = node.status === 'succeeded' || node.status === 'reused'
  return isGood ? timeOf(node) : Number.MAX_SAFE_INTEGER
}

function rowOf(node: NodeFinished, titleOf: (node: string) => string): string {
  const attempts = node.attempt > 1 ? `, attempt ${node.attempt}` : ''
  const time = node.attempt > 0 ? took(timeOf(node)) : ''
  const metrics = Object.entries(node.finalMetrics)
  const values = metrics.slice(0, mostMetrics).map(([name, value]) => `${name} ${valueText(value)}`)
  if (metrics.length > mostMetrics) values.push('…')
  const cells = [
    titleOf(node.node),
    whole(`${marks[node.status]} ${node.status}${attempts}`),
    whole(time),
    values.join(', '),
  ]
  // MLflow's page sets cells without room between them
  return `| ${cells.map((cell) => `${cell.replaceAll('|', '/')}&emsp;`).join(' | ')} |`
}

/** Text that is not broken into lines. */
function whole(text: string): string {
  return text.replaceAll(' ', '&nbsp;')
}

function timeOf({ startedAt, endedAt }: NodeFinished): number {
  return startedAt > 0 ? endedAt - startedAt : 0
}
