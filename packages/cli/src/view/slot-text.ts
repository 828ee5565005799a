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

/** One line: `✔ 2015-01-31T20:00:00.000Z succeeded in 4.1s  test.accuracy 0.71`. */
export function slotText(ended: EndedSlot): string {
  const { slot, run, nodes } = ended
  const time = durationText((run.endedAt ?? run.createdAt) - run.createdAt)
  const metrics = Object.entries(promoted(ended)).map(([name, value]) => `${name} ${shown(value)}`)
  const failed = nodes.find(({ status }) => status === 'failed')
  const reason = failed?.error === undefined ? [] : [`${failed.node}: ${failed.error.message}`]
  const line = `${statusMark(run.status)} ${slot} ${paintStatus(run.status)} in ${time}`
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
