import {
  connect,
  type Client,
  type NodeRun,
  type Run,
  type RunHandle,
} from '@pipewright/engine/client'

import { exitCodes, type ExitCode } from '../exit-code.ts'
import type { OutputOptions } from '../options/output-options.ts'
import type { RunOptions } from '../options/run-options.ts'
import { prepareRun, type PreparedRun } from '../project/prepare-run.ts'
import { bringUpToDate, openRecording, type Recording } from '../services/recording.ts'
import { openRedisService } from '../services/redis-service.ts'
import { Interrupt } from '../terminal/interrupt.ts'
import { noticeLog } from '../terminal/notice-log.ts'
import { print, printJson, printNotice } from '../terminal/output.ts'
import { paint } from '../terminal/paint.ts'
import { followRun, type EndedRun } from '../view/follow-run.ts'
import { nextCommands } from '../view/next-command.ts'
import { openView } from '../view/open-view.ts'
import { endText, failuresText, metricsText } from '../view/outcome-text.ts'
import { runSummary, type RecordedRun } from '../view/run-summary.ts'

/** Options of `pipewright run`. */
export interface RunPipelineOptions extends RunOptions, OutputOptions {
  readonly env?: string
  readonly redis?: string
  /** False with `--no-mlflow`. */
  readonly mlflow: boolean
  readonly concurrency?: number
  /** Milliseconds. */
  readonly timeout?: number
}

/** Runs a pipeline in this process and waits for its end: services, worker, view, record, links. */
export async function runPipeline(name: string, options: RunPipelineOptions): Promise<ExitCode> {
  const prepared = await prepareRun(name, options)
  const interrupt = new Interrupt()
  const { opened } = prepared
  const onProgress = progressOf(options)
  const signal = interrupt.signal
  const redis = await openRedisService(opened, { redis: options.redis, onProgress, signal })
  try {
    const client = await connect({ redis: redis.url, prefix: opened.prefix })
    try {
      return await runWith(client, redis.url, prepared, options, interrupt)
    } finally {
      await client.close()
    }
  } catch (error) {
    if (signal.aborted) return exitCodes.interrupted
    throw error
  } finally {
    await redis.close()
    interrupt.dispose()
  }
}

async function runWith(
  client: Client,
  redis: string,
  prepared: PreparedRun,
  options: RunPipelineOptions,
  interrupt: Interrupt,
): Promise<ExitCode> {
  const { root, config, prefix } = prepared.opened
  const log = noticeLog(options)
  const { startWorker } = await import('@pipewright/worker')
  const worker = await startWorker({
    redis,
    prefix,
    root,
    env: config.env,
    queues: [...new Set(prepared.compiled.plan.nodes.map((node) => node.queue))],
    concurrency: options.concurrency ?? config.pipewright.worker.concurrency,
    log,
  })
  const recording = isRecorded(prepared, options)
    ? openRecording(prepared.opened, {
        redis,
        prefix,
        // An MLflow that is away is told once, at the end.
        log: noticeLog({ verbose: options.verbose, quiet: options.verbose !== true }),
        onProgress: progressOf(options),
      })
    : undefined
  try {
    const handle = await client.enqueue(prepared.pipeline, prepared.submission)
    const ended = await untilEnd(handle, options, interrupt)
    await worker.stop({ grace: 1000 })
    return await report(prepared, options, ended, handle, recording, interrupt)
  } finally {
    await worker.stop({ grace: 1000 })
    await recording?.close({ keep: true })
  }
}

function isRecorded({ opened, pipeline }: PreparedRun, { mlflow }: RunPipelineOptions): boolean {
  const { disable_tracking: disabled } = opened.config.mlflow.tracking
  return mlflow && !disabled.pipelines.includes(pipeline.name)
}

/** Shows the run until its end. An interrupt or the timeout cancels it, and its end is still waited for. */
async function untilEnd(
  handle: RunHandle,
  options: RunPipelineOptions,
  interrupt: Interrupt,
): Promise<EndedRun> {
  const view = openView(options)
  const cancel = (why: string): void => {
    printNotice(`${why}: cancelling run ${handle.id} (Ctrl-C again leaves at once)`)
    handle.cancel().catch((error: unknown) => printNotice(`cannot cancel: ${String(error)}`))
  }
  interrupt.onFirst(() => cancel('interrupted'))
  const { timeout } = options
  const timer =
    timeout === undefined ? undefined : setTimeout(() => cancel('the timeout is over'), timeout)
  try {
    return await followRun(handle, view)
  } finally {
    clearTimeout(timer)
    interrupt.onFirst(() => undefined)
    view.close()
  }
}

async function report(
  prepared: PreparedRun,
  options: RunPipelineOptions,
  { run, nodes }: EndedRun,
  handle: RunHandle,
  recording: Recording | undefined,
  interrupt: Interrupt,
): Promise<ExitCode> {
  const speaks = options.json !== true && options.quiet !== true
  if (speaks) {
    print('')
    print(endText(run, nodes))
    const metrics = metricsText(await handle.plan(), nodes)
    if (metrics.length > 0) print(['', 'metrics', ...metrics].join('\n'))
  }
  const recorded = await recordedRun(recording, run, interrupt, options)
  if (speaks && recorded !== null) print(`\nMLflow  ${paint('cyan', recorded.url)}`)
  if (options.json === true) printJson(runSummary(run, nodes, recorded))
  if (run.status === 'succeeded') return exitCodes.succeeded
  if (options.json !== true) await printFailure(prepared, options, run, nodes)
  return interrupt.signal.aborted && run.status === 'cancelled'
    ? exitCodes.interrupted
    : exitCodes.failed
}

async function recordedRun(
  recording: Recording | undefined,
  run: Run,
  interrupt: Interrupt,
  options: RunPipelineOptions,
): Promise<RecordedRun | null> {
  if (recording === undefined || interrupt.signal.aborted) return null
  const waiting = setTimeout(() => {
    if (options.quiet !== true) printNotice('bringing the record in MLflow up to date …')
  }, 1000)
  const { recorded, problem } = await bringUpToDate(recording, run.id, interrupt.signal)
  clearTimeout(waiting)
  if (problem !== undefined) {
    printNotice(
      `${paint('yellow', 'warning', process.stderr)}: not recorded in MLflow: ${problem.split('\n')[0]}. The record is kept in Redis for the next "pipewright run" or "pipewright adapter".`,
    )
  }
  return recorded
}

async function printFailure(
  { opened, pipeline }: PreparedRun,
  options: RunPipelineOptions,
  run: Run,
  nodes: readonly NodeRun[],
): Promise<void> {
  const failures = failuresText(nodes, options.verbose === true)
  if (failures.length > 0) printNotice(['', ...failures].join('\n'))
  const commands = await nextCommands(opened, pipeline, run, nodes, options.params ?? [])
  printNotice(['', 'next', ...commands.map((command) => `  ${command}`)].join('\n'))
}

function progressOf(options: OutputOptions): (message: string) => void {
  return options.quiet === true ? () => undefined : printNotice
}
