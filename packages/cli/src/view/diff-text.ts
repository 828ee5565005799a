import {
  isSame,
  nodeDiffText,
  type DiffedRun,
  type MetricDiff,
  type NodeDiff,
  type RunDiff,
} from '@pipewright/engine/client'

import { durationText, momentText } from '../terminal/duration-text.ts'
import { paint } from '../terminal/paint.ts'
import { tableText } from '../terminal/table-text.ts'
import { metricText } from './metric-text.ts'
import { paintStatus } from './status-mark.ts'

const mostNodes = 50
const mostNamed = 8
const mostMetrics = 30

/** What differs between two runs: the first difference, the nodes that differ, the metrics side by side. */
export function diffText(diff: RunDiff): string {
  const { a, b, nodes, metrics } = diff
  const parts = [
    tableText([runRow('a', a), runRow('b', b)]),
    firstText(diff),
    section('nodes', nodesText(nodes)),
    section('metrics', metricsTable(metrics)),
  ]
  return parts.filter((part) => part !== '').join('\n\n')
}

function runRow(name: string, run: DiffedRun): readonly string[] {
  const time =
    run.endedAt === undefined ? '' : durationText(Math.max(0, run.endedAt - run.createdAt))
  const { id, pipeline, status, createdAt } = run
  return [paint('bold', name), id, pipeline, paintStatus(status), momentText(createdAt), time]
}

function firstText({ first, nodes }: RunDiff): string {
  const node = nodes.find((each) => each.node === first)
  if (node === undefined) {
    const known = nodes.every(({ unknown }) => unknown.length === 0)
    return `no difference in code, params and inputs${known ? '' : ', as far as they are known'}`
  }
  return `first difference: ${paint('bold', node.node)}: ${nodeDiffText(node)[0] ?? ''}`
}

function nodesText(nodes: readonly NodeDiff[]): string {
  const told = nodes.filter((node) => !isPlain(node))
  const rows = told.slice(0, mostNodes).flatMap(nodeRows)
  const rest = told.length - mostNodes
  return [
    ...(rows.length === 0 ? [] : [tableText(rows)]),
    ...(rest > 0 ? [paint('dim', `  and ${rest} more`)] : []),
    ...sameLine(nodes.filter(isPlain)),
  ].join('\n')
}

/** True for a node of which there is nothing to tell. */
function isPlain(node: NodeDiff): boolean {
  const { status, unknown } = node
  return isSame(node) && status.a === status.b && unknown.length === 0
}

function sameLine(same: readonly NodeDiff[]): readonly string[] {
  if (same.length === 0) return []
  const names = same.slice(0, mostNamed).map(({ node }) => node)
  const rest = same.length - names.length
  const named = rest > 0 ? `${names.join(', ')}, and ${rest} more` : names.join(', ')
  return [paint('dim', `  = ${same.length} the same: ${named}`)]
}

function nodeRows(node: NodeDiff): readonly (readonly string[])[] {
  const { a, b } = node.status
  const lines = [...nodeDiffText(node), ...unknownLines(node)]
  return (lines.length === 0 ? [''] : lines).map((line, index) =>
    index === 0 ? [`  ${markOf(node)} ${node.node}`, statusPair(a, b), line] : ['', '', line],
  )
}

function markOf(node: NodeDiff): string {
  if (node.status.a === undefined) return paint('green', '+')
  if (node.status.b === undefined) return paint('red', '-')
  return isSame(node) ? ' ' : paint('yellow', '≠')
}

function unknownLines({ unknown }: NodeDiff): readonly string[] {
  return unknown.length === 0 ? [] : [paint('dim', `not known of both: ${unknown.join(', ')}`)]
}

function statusPair(a: NodeDiff['status']['a'], b: NodeDiff['status']['b']): string {
  if (a === undefined || b === undefined || a === b) {
    const one = b ?? a
    return one === undefined ? '' : paintStatus(one)
  }
  return `${paintStatus(a)} → ${paintStatus(b)}`
}

function metricsTable(metrics: readonly MetricDiff[]): string {
  if (metrics.length === 0) return ''
  const rows = metrics.slice(0, mostMetrics).map(({ name, promoted, a, b }) => {
    const cells = [`  ${name}`, shown(a), shown(b), changeText(a, b)]
    return promoted ? cells.map((cell) => paint('bold', cell)) : cells
  })
  const rest = metrics.length - mostMetrics
  const head = ['  metric', 'a', 'b', 'change'].map((name) => paint('dim', name))
  const table = tableText([head, ...rows])
  return rest > 0 ? `${table}\n${paint('dim', `  and ${rest} more`)}` : table
}

function shown(value: MetricDiff['a']): string {
  return value === undefined ? '-' : metricText(value)
}

function changeText(a: MetricDiff['a'], b: MetricDiff['b']): string {
  if (a === b) return paint('dim', 'same')
  if (typeof a !== 'number' || typeof b !== 'number') return ''
  return `${b > a ? '+' : ''}${metricText(b - a)}`
}

function section(title: string, content: string): string {
  return content === '' ? '' : `${paint('bold', title)}\n${content}`
}
