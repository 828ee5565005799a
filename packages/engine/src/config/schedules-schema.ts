import { Cron } from 'croner'
import * as z from 'zod'

import { assertName } from '../definition/name.ts'
import { PipelineError } from '../errors.ts'
import { DurationSchema } from './duration-schema.ts'
import { wholeNumber } from './whole-number.ts'
import { timeIn } from './zone-time.ts'

/** What becomes of a slot that comes while a run of an earlier one goes on. */
export type OverlapPolicy = 'skip' | 'bufferOne' | 'bufferAll' | 'cancelRunning' | 'allow'

/** One schedule of `schedules.yml`. Times are ms since 1970, lengths of time are ms. */
export interface ScheduleConfig {
  /** Name of a pipeline that workers publish. */
  readonly pipeline: string
  /** Five fields: minute, hour, day of month, month, day of week. Either this or `every`. */
  readonly cron?: string | undefined
  /** Length of the interval between two slots, counted from `start`, else from 1970. */
  readonly every?: number | undefined
  /** Name of the time zone in which `cron` is read. */
  readonly timezone: string
  readonly params: Readonly<Record<string, unknown>>
  /** The param that is given the slot's time. */
  readonly slotParam?: string | undefined
  /** As ISO 8601 in UTC, or its date in the time zone. Left out for `time`. */
  readonly slotFormat?: 'time' | 'date' | undefined
  readonly overlap: OverlapPolicy
  /** How long after its time a slot is still fired, when no scheduler was alive at it. */
  readonly catchup: number
  /** The most by which a slot is fired later than its time. */
  readonly jitter: number
  /** No slot is earlier. */
  readonly start?: number | undefined
  /** No slot is later. */
  readonly end?: number | undefined
  readonly priority?: number | undefined
  readonly tags: Readonly<Record<string, string>>
}

/** Schedules by name. */
export type SchedulesConfig = Readonly<Record<string, ScheduleConfig>>

const CronSchema = z.string().superRefine((text, context) => {
  const problem = cronProblem(text, 'UTC')
  if (problem !== undefined) context.addIssue({ code: 'custom', message: problem })
})

const TimezoneSchema = z.string().superRefine((timezone, context) => {
  try {
    Intl.DateTimeFormat('en', { timeZone: timezone })
  } catch {
    const message = `${JSON.stringify(timezone)} is no time zone; write one such as Europe/Berlin.`
    context.addIssue({ code: 'custom', message })
  }
})

const PipelineName = z.string().superRefine((name, context) => {
  try {
    assertName('pipeline', name)
  } catch (error) {
    if (!(error instanceof PipelineError)) throw error
    context.addIssue({ code: 'custom', message: error.message })
  }
})

const day = 86_400_000

const noTime = {
  code: 'custom' as const,
  message: 'Expected a time with its zone, such as 2026-01-31T06:00:00Z, or a date.',
}

export const ScheduleSchema: z.ZodType<ScheduleConfig> = z
  .strictObject({
    pipeline: PipelineName,
    cron: CronSchema.optional(),
    every: DurationSchema.pipe(
      z
        .number()
        .min(1000, 'An interval is at least 1s.')
        .max(3660 * day),
    ).optional(),
    timezone: TimezoneSchema.default('UTC'),
    params: z.record(z.string(), z.unknown()).default({}),
    slotParam: z.string().min(1).optional(),
    slotFormat: z.enum(['time', 'date']).optional(),
    overlap: z.enum(['skip', 'bufferOne', 'bufferAll', 'cancelRunning', 'allow']).default('skip'),
    catchup: DurationSchema.default(3_600_000),
    jitter: DurationSchema.default(0),
    start: z.string().optional(),
    end: z.string().optional(),
    priority: wholeNumber(-100).pipe(z.int().max(100)).optional(),
    tags: z.record(z.string(), z.coerce.string()).default({}),
  })
  .transform(({ start, end, ...schedule }, context): ScheduleConfig => {
    const { cron, every, timezone } = schedule
    const time = (text: string | undefined, path: string): number | undefined => {
      const found = text === undefined ? undefined : timeIn(text, timezone)
      if (text !== undefined && found === undefined) context.addIssue({ ...noTime, path: [path] })
      return found
    }
    const times = { start: time(start, 'start'), end: time(end, 'end') }
    if ((cron === undefined) === (every === undefined))
      context.addIssue({ code: 'custom', message: "Expected one of 'cron' and 'every'." })
    if (times.start !== undefined && times.end !== undefined && times.end < times.start)
      context.addIssue({ code: 'custom', path: ['end'], message: 'It is before the start.' })
    return {
      ...schedule,
      ...(times.start !== undefined && { start: times.start }),
      ...(times.end !== undefined && { end: times.end }),
    }
  })

export const SchedulesSchema: z.ZodType<SchedulesConfig> = z.record(z.string(), ScheduleSchema)

/** What is wrong with an expression; undefined for one with slots. */
function cronProblem(text: string, timezone: string): string | undefined {
  try {
    const isDated = new Cron(text, { timezone, paused: true, mode: '5-part' }).nextRun() === null
    return isDated ? `${JSON.stringify(text)} has no slot that is to come.` : undefined
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error)
    return `${JSON.stringify(text)} is no cron expression of five fields: ${said.slice(0, 200)}`
  }
}
