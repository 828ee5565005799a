import type { Plan } from '@pipewright/engine/client'

import type { OutputOptions } from '../options/output-options.ts'
import type { RunOptions } from '../options/run-options.ts'
import type { PreparedRun } from '../project/prepare-run.ts'
import { bringUpToDate, type Recording } from '../services/recording.ts'
import { print, printJson, printNotice } from '../terminal/output.ts'
import { paint } from '../terminal/paint.ts'
import type { EndedRun } from '../view/follow-run.ts'
import { nextCommands } from '../view/next-command.ts'
import { endText, failuresText, metricsText } from '../view/outcome-text.ts'
import { runSummary, type RecordedRun } from '../view/run-summary.ts'

/** A run that has ended, and how much is to be told of it. */
export interface RunReport {
  readonly prepared: PreparedRun
  readonly options: RunOptions & OutputOptions
  readonly ended: EndedRun
  readonly plan: Plan
  /** Undefined when the run is not recorded. */
  readonly recording: Recording | undefined
  /** Aborted by Ctrl-C: then the record is not waited for. */
  readonly signal: AbortSignal
}

/** Tells how a run ended, at once; then brings its record in MLflow up to date, and tells where it is and what to type next. */
export async function reportRun(report: RunReport): Promise<void> {
  const { options, ended } = report
  const { run, nodes } = ended
  if (options.json !== true) tellEnd(report)
  const recorded = await recordedRun(report)
  if (options.json === true) return printJson(runSummary(run, nodes, recorded))
  if (recorded !== null && options.quiet !== true) await tellLink(report, recorded)
  if (run.status === 'succeeded') return
  const commands = nextCommands(run)
  printNotice(['', 'next', ...commands.map((command) => `  ${command}`)].join('\n'))
}

function tellEnd({ ended: { run, nodes }, plan, options }: RunReport): void {
  if (options.quiet !== true) {
    const metrics = metricsText(plan, nodes)
    const section = metrics.length === 0 ? [] : ['', 'metrics', ...metrics]
    print(['', endText(run, nodes), ...section].join('\n'))
  }
  const failures = failuresText(nodes, options.verbose === true)
  if (failures.length > 0) printNotice(['', ...failures].join('\n'))
}

async function recordedRun(report: RunReport): Promise<RecordedRun | null> {
  const { recording, ended, options, signal } = report
  if (recording === undefined || signal.aborted) return null
  const waiting = setTimeout(() => {
    if (options.quiet !== true) printNotice('bringing the record in MLflow up to date …')
  }, 1000)
  const { recorded, problem } = await bringUpToDate(recording, ended.run.id, signal)
  clearTimeout(waiting)
  if (problem !== undefined) {
    const warning = paint('yellow', 'warning', process.stderr)
    printNotice(
      `${warning}: not recorded in MLflow: ${problem.split('\n')[0]}. The record is kept in Redis for the next "pipewright run" or "pipewright adapter".`,
    )
  }
  return recorded
}

async function tellLink({ recording }: RunReport, { url }: RecordedRun): Promise<void> {
  print(`\nMLflow  ${paint('cyan', url)}`)
  const server = await recording?.started
  if (server?.embedded !== true) return
  const stop = 'It keeps running for this link; "pipewright dev --stop" ends it.'
  print(paint('dim', `        ${stop}`))
}
