import type { NodeRun, Plan, Run } from '@pipewright/engine/client'

import { durationText } from '../terminal/duration-text.ts'
import { paint } from '../terminal/paint.ts'
import { padded } from '../terminal/table-text.ts'
import { metricText } from './metric-text.ts'
import { paintStatus, statusMark } from './status-mark.ts'
import { countsLine } from './tree-picture.ts'

const mostMetrics = 30
const mostFailures = 3

/** One line about how a run ended: `✔ training succeeded in 3.2s: 12 succeeded`. */
export function endText(run: Run, nodes: readonly NodeRun[]): string {
  const time = durationText((run.endedAt ?? Date.now()) - run.createdAt)
  const what = `${statusMark(run.status)} ${run.pipeline} ${paintStatus(run.status)}`
  const line = `${what} in ${time}: ${countsLine(nodes)}`
  // What a node failed with is told with the node.
  const told = run.error === undefined || nodes.some(({ status }) => status === 'failed')
  return told ? line : `${line}\n  ${run.error}`
}

/** The failed nodes of a run and their errors; empty when none failed. */
export function failuresText(nodes: readonly NodeRun[], verbose: boolean): readonly string[] {
  const failed = nodes.filter((node) => node.status === 'failed')
  const lines = failed.slice(0, mostFailures).flatMap((node) => failureLines(node, verbose))
  const rest = failed.length - mostFailures
  return rest > 0 ? [...lines, `and ${rest} more failed nodes`] : lines
}

function failureLines({ node, attempt, error }: NodeRun, verbose: boolean): readonly string[] {
  const attempts = attempt > 1 ? `, attempt ${attempt}` : ''
  const head = `${paint('red', node)} failed${attempts}`
  if (error === undefined) return [head]
  const isOurs = /^[A-Z]+(?:_[A-Z]+)+$/.test(error.code)
  const what = isOurs ? error.message : `${error.code}: ${error.message}`
  const lines = [`${head}: ${what}`]
  if (error.hint !== undefined) lines.push(`  ${error.hint}`)
  if (isOurs) lines.push(paint('dim', `  ${error.code}: docs/errors/${error.code}.md`))
  if (verbose && error.stack !== undefined) lines.push(error.stack)
  return lines
}

/** The last values of the metrics of a run, those that the pipeline promotes first. */
export function metricsText(plan: Plan, nodes: readonly NodeRun[]): readonly string[] {
  const promoted = new Set(plan.metrics)
  const metrics = nodes.flatMap(({ node, record }) =>
    Object.entries(record?.finalMetrics ?? {}).map(([key, value]) => ({
      name: `${node}.${key}`,
      value,
    })),
  )
  const sorted = metrics.toSorted((a, b) => rank(promoted, a.name) - rank(promoted, b.name))
  const shown = sorted.slice(0, mostMetrics)
  const width = Math.max(0, ...shown.map(({ name }) => name.length))
  const lines = shown.map(({ name, value }) => {
    const line = `  ${padded(name, width)}  ${metricText(value)}`
    return promoted.has(name) ? paint('bold', line) : line
  })
  const rest = sorted.length - shown.length
  return rest > 0 ? [...lines, paint('dim', `  and ${rest} more`)] : lines
}

function rank(promoted: ReadonlySet<string>, name: string): number {
  return promoted.has(name) ? 0 : 1
}
