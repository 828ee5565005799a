import type { NodeRun, Plan, Run } from '@pipewright/engine/client'

import { durationText } from '../terminal/duration-text.ts'
import { paintStatus, statusMark } from './status-mark.ts'

/** A slot of a backfill whose run has ended. */
export interface EndedSlot {
  readonly slot: string
  readonly run: Run
  readonly plan: Plan
  readonly nodes: readonly NodeRun[]
}

/** A slot as the clocks of its zone show it: `2015-01-31 23:55`. */
export function localSlot(slot: string, timeZone: string): string {
  // The Swedish way is that of ISO 8601.
  const format = new Intl.DateTimeFormat('sv', { timeZone, dateStyle: 'short', timeStyle: 'short' })
  return format.format(new Date(slot))
}

/** One line: `✔ 2015-01-31 23:55 succeeded in 4.1s  test.accuracy 0.71`. */
export function endedSlotText(ended: EndedSlot, timeZone: string): string {
  const { slot, run, nodes } = ended
  const time = durationText((run.endedAt ?? run.createdAt) - run.createdAt)
  const metrics = Object.entries(promoted(ended)).map(([name, value]) => `${name} ${shown(value)}`)
  const failed = nodes.find(({ status }) => status === 'failed')
  const reason = failed?.error === undefined ? [] : [`${failed.node}: ${failed.error.message}`]
  const when = localSlot(slot, timeZone)
  const line = `${statusMark(run.status)} ${when} ${paintStatus(run.status)} in ${time}`
  return [line, ...metrics, ...reason].join('  ')
}

/** The same for programs. */
export function slotJson(ended: EndedSlot): Readonly<Record<string, unknown>> {
  const { slot, run } = ended
  return { type: 'slot', slot, runId: run.id, status: run.status, metrics: promoted(ended) }
}

/** The last values of the metrics that the pipeline promotes. */
function promoted({ plan, nodes }: EndedSlot): Readonly<Record<string, number | string>> {
  const found = nodes.flatMap(({ node, record }) =>
    Object.entries(record?.finalMetrics ?? {}).map(
      ([key, value]) => [`${node}.${key}`, value] as const,
    ),
  )
  return Object.fromEntries(found.filter(([name]) => plan.metrics.includes(name)))
}

function shown(value: number | string): string {
  return typeof value === 'string' ? value : String(Number(value.toPrecision(4)))
}
