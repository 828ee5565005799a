import type { NodeRun, Plan, Run } from '@pipewright/engine/client'

import { durationText, momentText } from '../terminal/duration-text.ts'
import { paint } from '../terminal/paint.ts'
import { tableText } from '../terminal/table-text.ts'
import { failuresText, metricsText } from './outcome-text.ts'
import { nodeDuration } from './run-summary.ts'
import { paintStatus, statusMark, statusText } from './status-mark.ts'

/** Runs as a table, one a line. */
export function runsTable(runs: readonly Run[]): string {
  const head = ['RUN', 'PIPELINE', 'STATUS', 'NODES', 'CREATED', 'DURATION']
  const rows = runs.map((run) => [
    run.id,
    run.pipeline,
    paintStatus(run.status),
    `${run.finished}/${run.total}`,
    momentText(run.createdAt),
    durationText((run.endedAt ?? Date.now()) - run.createdAt),
  ])
  return tableText([head.map((name) => paint('dim', name)), ...rows])
}

/** Everything about one run: head, params, nodes, metrics, failures. */
export function runDetails(
  run: Run,
  plan: Plan,
  nodes: readonly NodeRun[],
  verbose: boolean,
): string {
  const parts = [
    tableText(headRows(run)),
    section('params', rowsOf(run.params)),
    section('tags', rowsOf(run.tags)),
    section('nodes', nodeRows(nodes)),
    section('metrics', metricsText(plan, nodes).join('\n')),
    section('failures', failuresText(nodes, verbose).join('\n')),
  ]
  return parts.filter((part) => part !== '').join('\n\n')
}

function headRows(run: Run): readonly (readonly string[])[] {
  const rows = [
    ['run', run.id],
    ['pipeline', run.pipeline],
    ['status', `${statusMark(run.status)} ${paintStatus(run.status)}`],
    ['nodes', `${run.finished}/${run.total} ended`],
    ['created', momentText(run.createdAt)],
    ['duration', durationText((run.endedAt ?? Date.now()) - run.createdAt)],
    ['env', run.env],
    ['plan', run.plan.slice(0, 16)],
  ]
  return run.key === undefined ? rows : [...rows, ['key', run.key]]
}

function nodeRows(nodes: readonly NodeRun[]): string {
  return tableText(
    nodes.map((node) => {
      const duration = nodeDuration(node)
      return [
        `  ${statusMark(node.status)} ${node.node}`,
        paintStatus(node.status, statusText(node)),
        duration === undefined ? '' : durationText(duration),
        paint('dim', remarkOf(node) ?? node.worker ?? ''),
      ]
    }),
  )
}

/** Whose result a node run has taken, what it chose, or why it was skipped. */
function remarkOf({ record }: NodeRun): string | undefined {
  if (record?.origin !== undefined) return `of run ${record.origin.run}`
  if (record?.choice !== undefined) return `chose ${record.choice.join(', ') || 'nothing'}`
  return record?.reason
}

function rowsOf(values: Readonly<Record<string, unknown>>): string {
  return tableText(
    Object.entries(values).map(([name, value]) => [
      `  ${name}`,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  )
}

function section(title: string, content: string): string {
  return content === '' ? '' : `${paint('bold', title)}\n${content}`
}
