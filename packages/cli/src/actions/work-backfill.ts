import { connect, type Client, type Run } from '@pipewright/engine/client'
import type { Worker } from '@pipewright/worker'

import { exitCodes, type ExitCode } from '../exit-code.ts'
import { durabilityOf } from '../options/durability-option.ts'
import { openProject, type OpenedProject } from '../project/open-project.ts'
import { followSlots } from '../services/follow-slots.ts'
import { bringUpToDate, openRecording, type Recording } from '../services/recording.ts'
import { openRedisService } from '../services/redis-service.ts'
import { Interrupt } from '../terminal/interrupt.ts'
import { noticeLog } from '../terminal/notice-log.ts'
import { keepStandardOutputForJson, print, printJson, printNotice } from '../terminal/output.ts'
import { paint } from '../terminal/paint.ts'
import { endedSlotText, slotJson } from '../view/slot-text.ts'
import { tellBackfill, timezoneOf, type BackfillOptions } from './schedules.ts'

/**
 * `schedules backfill --work`: the slots are run by a worker in this process, on embedded services where none are
 * configured, and their end is waited for.
 */
export async function workBackfill(name: string, options: BackfillOptions): Promise<ExitCode> {
  if (options.json === true) keepStandardOutputForJson()
  const opened = await openProject({ env: options.env })
  const interrupt = new Interrupt()
  const { signal } = interrupt
  const { redis: address } = options
  const redis = await openRedisService(opened, { redis: address, onProgress: printNotice, signal })
  try {
    const { prefix } = opened
    const client = await connect({ redis: redis.url, prefix, ...durabilityOf(opened) })
    try {
      return await workOn(client, redis.url, opened, name, options, signal)
    } finally {
      await client.close()
    }
  } finally {
    await redis.close()
    interrupt.dispose()
  }
}

async function workOn(
  client: Client,
  redis: string,
  opened: OpenedProject,
  name: string,
  options: BackfillOptions,
  signal: AbortSignal,
): Promise<ExitCode> {
  const worker = await openWorker(opened, redis, options)
  const recording = options.mlflow === false ? undefined : record(opened, redis, options)
  try {
    const { from, to, maxParallel = 1, json = false } = options
    const slots = await client.schedules.backfill(name, { from, to, maxParallel })
    const timezone = await timezoneOf(client, name)
    tellBackfill(name, slots, timezone, options)
    const ended: Run[] = []
    for await (const [slot, run] of followSlots(client, name, slots, signal)) {
      ended.push(run)
      const handle = await client.run(run.id)
      const shown = { slot, run, plan: await handle.plan(), nodes: await handle.nodes() }
      if (json) printJson(slotJson(shown))
      else print(endedSlotText(shown, timezone))
    }
    await worker.stop({ grace: 1000 })
    const last = ended.at(-1)
    if (recording !== undefined && last !== undefined)
      await tellRecord(recording, last, signal, json)
    if (signal.aborted) return interrupted(name)
    return await tellMissing(client, name, slots.length - ended.length, ended)
  } finally {
    await worker.stop({ grace: 1000 })
    await recording?.close({ keep: true })
  }
}

/** A worker for all queues of the project. It fires the project's other schedules, too, while it is there. */
async function openWorker(
  opened: OpenedProject,
  redis: string,
  options: BackfillOptions,
): Promise<Worker> {
  const { root, config, prefix, project } = opened
  const { startWorker } = await import('@pipewright/worker')
  const queues = project.pipelines.flatMap(({ nodes }) => nodes.map(({ queue }) => queue))
  return startWorker({
    redis,
    prefix,
    ...durabilityOf(opened),
    root,
    env: config.env,
    queues: [...new Set([...config.pipewright.worker.queues, ...queues])],
    concurrency: config.pipewright.worker.concurrency,
    // What nodes say of themselves is in their runs.
    log: noticeLog({ ...options, quiet: options.verbose !== true }),
  })
}

function record(opened: OpenedProject, redis: string, { verbose }: BackfillOptions): Recording {
  // An MLflow that is away is told once, at the end.
  const log = noticeLog({ verbose, quiet: verbose !== true })
  return openRecording(opened, { redis, prefix: opened.prefix, log, onProgress: printNotice })
}

/** Waits until MLflow has the runs, and tells where the last one is. */
async function tellRecord(
  recording: Recording,
  last: Run,
  signal: AbortSignal,
  json: boolean,
): Promise<void> {
  const { recorded, problem } = await bringUpToDate(recording, last.id, signal)
  if (problem !== undefined)
    printNotice(`not recorded in MLflow: ${problem.split('\n')[0]}. The record is kept in Redis.`)
  if (recorded === null) return
  if (json) return printJson({ type: 'mlflow', ...recorded })
  print(`\nMLflow  ${paint('cyan', recorded.url)}`)
  const { embedded } = await recording.started
  if (embedded) printNotice('It keeps running for this link; "pipewright dev --stop" ends it.')
}

function interrupted(name: string): ExitCode {
  printNotice(
    `Interrupted. The slots that are left go on with the next worker; "pipewright schedules pause ${name}" holds them.`,
  )
  return exitCodes.interrupted
}

/** Tells of slots that could have no run. */
async function tellMissing(
  client: Client,
  name: string,
  missing: number,
  ended: readonly Run[],
): Promise<ExitCode> {
  const schedule = (await client.schedules.list()).find((each) => each.name === name)
  if (missing > 0) printNotice(`${missing} slots have no run. ${schedule?.problem ?? ''}`)
  const isGood = missing === 0 && ended.every(({ status }) => status === 'succeeded')
  return isGood ? exitCodes.succeeded : exitCodes.failed
}
