import type { Amounts } from '@pipewright/engine'
import {
  connect,
  type Client,
  type Plan,
  type Run,
  type RunHandle,
} from '@pipewright/engine/client'

import { exitCodes, type ExitCode } from '../exit-code.ts'
import { durabilityOf } from '../options/durability-option.ts'
import type { ForegroundOptions } from '../options/foreground-options.ts'
import type { OutputOptions } from '../options/output-options.ts'
import type { RunOptions } from '../options/run-options.ts'
import { pipelineHooks } from '../project/pipeline-hooks.ts'
import { prepareRun, type PreparedRun } from '../project/prepare-run.ts'
import { openRecording } from '../services/recording.ts'
import { openRedisService } from '../services/redis-service.ts'
import { Interrupt } from '../terminal/interrupt.ts'
import { noticeLog } from '../terminal/notice-log.ts'
import { printNotice } from '../terminal/output.ts'
import { followRun, type EndedRun } from '../view/follow-run.ts'
import { openView } from '../view/open-view.ts'
import { reportRun } from './report-run.ts'

/** Options of `pipewright run`. */
export interface RunPipelineOptions extends RunOptions, ForegroundOptions, OutputOptions {
  readonly env?: string
  readonly redis?: string
}

/** Runs a pipeline in this process and waits for its end: services, worker, view, record, links. */
export async function runPipeline(name: string, options: RunPipelineOptions): Promise<ExitCode> {
  return runPrepared(await prepareRun(name, options), options)
}

/** The same of a run that was found good. */
export async function runPrepared(
  prepared: PreparedRun,
  options: RunPipelineOptions,
): Promise<ExitCode> {
  const interrupt = new Interrupt()
  const { opened } = prepared
  const onProgress = progressOf(options)
  const signal = interrupt.signal
  const redis = await openRedisService(opened, { redis: options.redis, onProgress, signal })
  try {
    const durability = durabilityOf(opened, options.durability)
    const client = await connect({ redis: redis.url, prefix: opened.prefix, ...durability })
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
    ...durabilityOf(prepared.opened, options.durability),
    root,
    env: config.env,
    queues: [...new Set(prepared.compiled.plan.nodes.map((node) => node.queue))],
    concurrency: options.concurrency ?? config.pipewright.worker.concurrency,
    scheduler: false,
    resources: { ...enoughFor(prepared.compiled.plan), ...config.pipewright.worker.resources },
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
    interrupt.signal.throwIfAborted()
    const handle = await client.enqueue(prepared.pipeline, prepared.submission)
    const hooks = pipelineHooks(prepared, handle.id, log)
    await hooks.before()
    const ended = await untilEnd(handle, options, interrupt)
    await hooks.after(ended.run)
    await worker.stop({ grace: 1000 })
    const plan = await handle.plan()
    await reportRun({ prepared, options, ended, plan, recording, signal: interrupt.signal })
    return exitCodeAfter(ended.run, interrupt)
  } finally {
    await worker.stop({ grace: 1000 })
    await recording?.close({ keep: true })
  }
}

/** What the largest node needs: where nothing is configured, a run in one go is not left without a worker. */
function enoughFor({ nodes }: Plan): Amounts {
  const most: Record<string, number> = {}
  for (const { resources = {} } of nodes) {
    for (const [name, amount] of Object.entries(resources))
      most[name] = Math.max(most[name] ?? 0, amount)
  }
  return most
}

function exitCodeAfter({ status }: Run, { signal }: Interrupt): ExitCode {
  if (status === 'succeeded') return exitCodes.succeeded
  return signal.aborted && status === 'cancelled' ? exitCodes.interrupted : exitCodes.failed
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

function progressOf(options: OutputOptions): (message: string) => void {
  return options.quiet === true ? () => undefined : printNotice
}
