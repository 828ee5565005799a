import {
  isTerminal,
  nodeReasonText,
  runReasonText,
  type NodeWhy,
  type ReasonGroup,
  type ReasonText,
  type RunWhy,
} from '@pipewright/engine/client'

import { paint } from '../terminal/paint.ts'
import { tableText } from '../terminal/table-text.ts'
import { paintStatus, statusMark } from './status-mark.ts'

/** Why a node run is where it is. */
export function nodeWhyText({ node, run, pipeline, reason, now }: NodeWhy): string {
  const head = `${paint('bold', node)} of ${pipeline}, run ${run}`
  return [head, ...reasonLines(nodeReasonText(reason, now))].join('\n')
}

/** Why a run is where it is: what matters most, what to do, then how many node runs each reason holds up. */
export function runWhyText(why: RunWhy): string {
  const { run, pipeline, status, moving } = why
  const state = isTerminal(status) ? '' : moving ? ', and it moves' : ', and nothing of it moves'
  const head = `${statusMark(status)} ${paint('bold', pipeline)}, run ${run}: ${paintStatus(status)}${state}`
  const groups = groupsText(why)
  const parts = [[head, ...reasonLines(runReasonText(why))].join('\n'), groups]
  return parts.filter((part) => part !== '').join('\n\n')
}

function reasonLines({ text, todo }: ReasonText): readonly string[] {
  return todo === undefined ? [`  ${text}`] : [`  ${text}`, `  ${paint('cyan', '→')} ${todo}`]
}

function groupsText({ ended, groups, now }: RunWhy): string {
  const rows: (readonly string[])[] = Object.entries(ended).map(([status, count]) => [
    `  ${status}`,
    String(count),
    '',
  ])
  rows.push(...groups.map((group) => groupRow(group, now)))
  if (groups.length === 0) return ''
  return `${paint('bold', 'nodes')}\n${tableText(rows)}`
}

/** What a group of each kind is called. */
const titles: Readonly<Record<ReasonGroup['kind'], string>> = {
  'no-worker': 'no worker',
  'no-code': 'no worker has the code',
  'no-resources': 'no resources',
  'pipeline-paused': 'pipeline paused',
  'run-limit': 'run at its limit',
  'node-limit': 'node at its limit',
  delayed: 'delayed',
  paused: 'queue paused',
  vanished: 'vanished',
  unsubmitted: 'not submitted',
  quarantine: 'quarantine',
  publication: 'to be published',
  limit: 'queue at its limit',
  retry: 'retry due',
  busy: 'slots taken',
  running: 'running',
  queued: 'queued',
  backlog: 'in the backlog',
  cancelling: 'to be cancelled',
  skipping: 'to be skipped',
  inputs: 'waiting for inputs',
  ended: 'ended',
}

function groupRow(
  { kind, queue, count, nodes, reason }: ReasonGroup,
  now: number,
): readonly string[] {
  const where = queue === undefined || queue === 'default' ? '' : ` (${queue})`
  const lost = reason.kind === 'running' && (reason.worker.lost || reason.leaseUntil === null)
  const named =
    nodes.join(', ') + (count > nodes.length ? `, and ${count - nodes.length} more` : '')
  const due =
    reason.kind === 'retry' ? ` in ${Math.ceil(Math.max(0, reason.dueAt - now) / 1000)} s` : ''
  const title = lost ? 'worker lost' : `${titles[kind]}${due}`
  return [`  ${title}${where}`, String(count), paint('dim', named)]
}
