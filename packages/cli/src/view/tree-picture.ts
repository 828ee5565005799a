import type { NodeRun, Run, Status } from '@pipewright/engine/client'

import { durationText } from '../terminal/duration-text.ts'
import { paint } from '../terminal/paint.ts'
import { padded, shortened } from '../terminal/table-text.ts'
import type { DrawnNode } from './drawing-order.ts'
import { nodeDuration } from './run-summary.ts'
import { paintStatus, statusMark, statusText } from './status-mark.ts'

/** The room that a picture has. */
export interface PictureSize {
  readonly columns: number
  readonly rows: number
}

/** More nodes than this are shown as counts, with the running and failed ones. */
const mostLines = 30
const mostActive = 10
const barWidth = 20
const deepest = 12

/** The lines of a run's picture: a head with a progress bar, and the nodes or what matters of them. */
export function treePicture(
  run: Run,
  nodes: readonly NodeRun[] | undefined,
  order: readonly DrawnNode[],
  size: PictureSize,
): readonly string[] {
  const head = headLine(run)
  if (nodes === undefined) return [head]
  const fits = order.length <= Math.min(mostLines, size.rows - 3)
  return [head, ...(fits ? allNodes(nodes, order, size) : someNodes(nodes, order, size))]
}

function headLine(run: Run): string {
  const share = run.total === 0 ? 1 : run.finished / run.total
  const full = Math.floor(share * barWidth)
  const bar = paintStatus(run.status, '━'.repeat(full)) + paint('dim', '━'.repeat(barWidth - full))
  const time = durationText((run.endedAt ?? Date.now()) - run.createdAt)
  return `${paint('bold', shortened(run.pipeline, 24))} ${bar} ${run.finished}/${run.total}  ${time}  ${paintStatus(run.status)}`
}

function allNodes(
  nodes: readonly NodeRun[],
  order: readonly DrawnNode[],
  { columns }: PictureSize,
): readonly string[] {
  const drawn = order.flatMap(({ index, depth }) => {
    const node = nodes[index]
    return node === undefined ? [] : [{ node, indent: '  '.repeat(Math.min(depth, deepest)) }]
  })
  const longest = Math.max(...drawn.map(({ node, indent }) => indent.length + node.node.length))
  const width = Math.max(12, Math.min(longest, columns - 40))
  return drawn.map(({ node, indent }) => nodeLine(node, indent, width, columns))
}

function nodeLine(node: NodeRun, indent: string, width: number, columns: number): string {
  const name = shortened(indent + node.node, width)
  const lead = name.length - name.trimStart().length
  const marked = `${name.slice(0, lead)}${statusMark(node.status)} ${name.slice(lead)}`
  const duration = nodeDuration(node)
  const time = (duration === undefined ? '' : durationText(duration)).padStart(8)
  const text = shortened(statusText(node), Math.max(0, columns - width - 13))
  return `${padded(marked, width + 2)} ${time}  ${paintStatus(node.status, text)}`
}

function someNodes(
  nodes: readonly NodeRun[],
  order: readonly DrawnNode[],
  size: PictureSize,
): readonly string[] {
  const room = Math.max(2, Math.min(mostActive, size.rows - 6))
  const notable = order.flatMap(({ index, depth }) => {
    const node = nodes[index]
    const isNotable = node?.status === 'failed' || node?.status === 'running'
    return node !== undefined && isNotable ? [{ index, depth: Math.min(depth, 0), node }] : []
  })
  // Failed ones first: they are what a reader looks for.
  const sorted = notable.toSorted((a, b) => rank(a.node.status) - rank(b.node.status))
  const shown = sorted.slice(0, room)
  const lines = shown.length === 0 ? [] : allNodes(nodes, shown, size)
  const rest = sorted.length - shown.length
  return [countsLine(nodes), ...lines, ...(rest > 0 ? [paint('dim', `  and ${rest} more`)] : [])]
}

function rank(status: Status): number {
  return status === 'failed' ? 0 : 1
}

/** `1,204 succeeded, 3 running, 12 pending`. */
export function countsLine(nodes: readonly { readonly status: Status }[]): string {
  const counts = new Map<Status, number>()
  for (const { status } of nodes) counts.set(status, (counts.get(status) ?? 0) + 1)
  return [...counts].map(([status, count]) => paintStatus(status, `${count} ${status}`)).join(', ')
}
