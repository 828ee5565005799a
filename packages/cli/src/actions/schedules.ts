import { UsageError } from '@pipewright/engine'
import type { Client, KnownSchedule } from '@pipewright/engine/client'

import { exitCodes, type ExitCode } from '../exit-code.ts'
import type { OutputOptions } from '../options/output-options.ts'
import type { ProjectOptions } from '../options/project-options.ts'
import { withClient } from '../services/with-client.ts'
import { print, printJson, printNotice } from '../terminal/output.ts'
import { scheduleText } from '../view/schedule-text.ts'
import { localSlot } from '../view/slot-text.ts'

type Options = ProjectOptions & OutputOptions

/** `schedules list`: by name. */
export async function listSchedules(options: Options): Promise<ExitCode> {
  const found = await withClient(options, async ({ client, opened }) => ({
    schedules: await client.schedules.list(),
    configured: Object.keys(opened.config.schedules),
  }))
  const schedules = found?.schedules ?? []
  for (const schedule of schedules)
    if (options.json === true) printJson({ type: 'schedule', ...schedule })
    else print(scheduleText(schedule))
  const known = new Set(schedules.map(({ name }) => name))
  const absent = (found?.configured ?? []).filter((name) => !known.has(name))
  if (absent.length > 0)
    printNotice(`Not in Redis yet: ${absent.join(', ')}. A worker publishes them when it starts.`)
  else if (schedules.length === 0)
    printNotice('There are no schedules. Write conf/base/schedules.yml and start a worker.')
  return exitCodes.succeeded
}

/** `schedules trigger`: the run's id on standard output, nothing else. */
export async function triggerSchedule(name: string, options: Options): Promise<ExitCode> {
  const run = await changing(options, async (client) => client.schedules.trigger(name))
  if (options.json === true) printJson({ type: 'run_created', runId: run.id, schedule: name })
  else print(run.id)
  return exitCodes.succeeded
}

/** `schedules pause` and `resume`: the schedules afterwards. */
export async function pauseOrResumeSchedules(
  word: 'pause' | 'resume',
  names: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const all = await changing(options, async (client) => {
    for (const name of names) await client.schedules[word](name)
    return client.schedules.list()
  })
  for (const schedule of all.filter(({ name }) => names.includes(name)))
    if (options.json === true) printJson({ type: 'schedule', ...schedule })
    else print(stateText(schedule))
  return exitCodes.succeeded
}

/** Options of `schedules backfill`. */
export interface BackfillOptions extends Options {
  readonly from: string
  readonly to: string
  readonly maxParallel?: number
  /** With `--work`: false with `--no-mlflow`. */
  readonly mlflow?: boolean
}

/** `schedules backfill`: how many slots there are; workers run them. */
export async function backfillSchedule(name: string, options: BackfillOptions): Promise<ExitCode> {
  const { from, to, maxParallel = 1 } = options
  const { slots, timezone } = await changing(options, async (client) => ({
    slots: await client.schedules.backfill(name, { from, to, maxParallel }),
    timezone: await timezoneOf(client, name),
  }))
  tellBackfill(name, slots, timezone, options)
  return exitCodes.succeeded
}

/** Tells which slots a backfill has. */
export function tellBackfill(
  name: string,
  slots: readonly string[],
  timezone: string,
  { json, maxParallel = 1 }: BackfillOptions,
): void {
  if (json === true) printJson({ type: 'backfill', schedule: name, slots, maxParallel })
  else if (slots.length === 0) print(`${name} has no slot in that time`)
  else {
    const [first, last] = [slots[0] ?? '', slots.at(-1) ?? ''].map((slot) =>
      localSlot(slot, timezone),
    )
    print(
      `${slots.length} slots of ${name}, ${first} to ${last} (${timezone}), ${maxParallel} at a time`,
    )
  }
}

/** Where the clocks are that show a schedule's slots. */
export async function timezoneOf(client: Client, name: string): Promise<string> {
  return (await client.schedules.list()).find((each) => each.name === name)?.timezone ?? 'UTC'
}

async function changing<T>(options: Options, change: (client: Client) => Promise<T>): Promise<T> {
  const done = await withClient(options, async ({ client }) => ({ value: await change(client) }))
  if (done !== undefined) return done.value
  throw new UsageError('UNKNOWN_SCHEDULE', 'No worker has ever published schedules here.', {
    hint: 'Write conf/base/schedules.yml and start a worker: pipewright worker',
  })
}

function stateText({ name, paused, next }: KnownSchedule): string {
  return paused ? `${name} is paused` : `${name} fires next at ${next[0] ?? 'no time'}`
}
