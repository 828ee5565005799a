import type { KnownSchedule } from '@pipewright/engine/client'
import * as z from 'zod'

import { Time } from './names.ts'
import { answer, request } from './registry.ts'

const overlaps = ['skip', 'bufferOne', 'bufferAll', 'cancelRunning', 'allow'] as const
const length = z
  .int()
  .min(0)
  .max(3660 * 86_400_000)
const moment = z.string().min(10).max(35)

/** A schedule as it is written. Lengths of time are milliseconds. */
export interface ScheduleRequest {
  readonly pipeline: string
  readonly cron?: string | undefined
  readonly every?: number | undefined
  readonly timezone?: string | undefined
  readonly params?: Readonly<Record<string, unknown>> | undefined
  readonly slotParam?: string | undefined
  readonly slotFormat?: 'time' | 'date' | undefined
  readonly overlap?: (typeof overlaps)[number] | undefined
  readonly catchup?: number | undefined
  readonly jitter?: number | undefined
  readonly start?: string | undefined
  readonly end?: string | undefined
  readonly priority?: number | undefined
  readonly tags?: Readonly<Record<string, string>> | undefined
}

export const ScheduleRequest: z.ZodType<ScheduleRequest> = request(
  'ScheduleRequest',
  z
    .strictObject({
      pipeline: z
        .string()
        .min(1)
        .max(100)
        .meta({ examples: ['training'] }),
      cron: z
        .string()
        .max(200)
        .regex(/^[^ ]+(?: [^ ]+){4}$/, 'Expected five fields')
        .optional()
        .meta({ description: 'Five fields. Either this or "every".', examples: ['0 3 * * 1'] }),
      every: z
        .int()
        .min(1000)
        .max(3660 * 86_400_000)
        .optional()
        .describe('Milliseconds.'),
      timezone: z
        .string()
        .max(100)
        .optional()
        .meta({ description: 'Of "cron". Default UTC.', examples: ['Europe/Berlin'] }),
      params: z.record(z.string(), z.unknown()).optional(),
      slotParam: z
        .string()
        .min(1)
        .max(200)
        .optional()
        .describe('The param that gets the slot’s time.'),
      slotFormat: z.enum(['time', 'date']).optional(),
      overlap: z.enum(overlaps).optional().describe('Default skip.'),
      catchup: length.optional().describe('Milliseconds that a slot may be late. Default an hour.'),
      jitter: length.optional().describe('Milliseconds. Default 0.'),
      start: moment.optional().describe('ISO 8601 with its zone, or a date in UTC.'),
      end: moment.optional(),
      priority: z.int().min(-100).max(100).optional(),
      tags: z.record(z.string(), z.string().max(5000)).optional(),
    })
    .refine(
      ({ cron, every }) => (cron === undefined) !== (every === undefined),
      'Expected one of "cron" and "every"',
    )
    // The refinement, for readers of the document.
    .meta({ oneOf: [{ required: ['cron'] }, { required: ['every'] }] }),
)

/** Slots of the past that are to have runs. */
export interface BackfillRequest {
  readonly from: string
  readonly to: string
  readonly maxParallel?: number | undefined
}

export const BackfillRequest: z.ZodType<BackfillRequest> = request(
  'BackfillRequest',
  z.strictObject({
    from: z.iso.datetime({ offset: true }).describe('The first slot may be at it.'),
    to: z.iso.datetime({ offset: true }).describe('The last slot is before it.'),
    maxParallel: z.int().min(1).max(1000).optional().describe('Runs at a time. Default 1.'),
  }),
)

const slots = z.array(z.string()).describe('ISO 8601 in UTC.')

/** A schedule with what comes next and what goes on. */
export const Schedule: z.ZodType = answer(
  'Schedule',
  z.object({
    name: z.string(),
    source: z.string().describe('"client", or the environment whose schedules.yml has it.'),
    pipeline: z.string(),
    cron: z.string().optional(),
    every: z.number().optional(),
    timezone: z.string(),
    params: z.record(z.string(), z.unknown()),
    slotParam: z.string().optional(),
    slotFormat: z.enum(['time', 'date']).optional(),
    overlap: z.enum(overlaps),
    catchup: z.number(),
    jitter: z.number(),
    start: Time.optional(),
    end: Time.optional(),
    priority: z.int().optional(),
    tags: z.record(z.string(), z.string()),
    paused: z.boolean(),
    next: slots.describe('The next five slots, ISO 8601 in UTC.'),
    running: slots,
    waiting: slots,
    backfill: z.object({ running: z.int(), waiting: z.int() }),
    problem: z.string().optional().describe('Why its last slot has no run.'),
  }),
)

/** All schedules. */
export const Schedules: z.ZodType = answer('Schedules', z.object({ schedules: z.array(Schedule) }))

/** The slots that a backfill runs. */
export const Backfill: z.ZodType = answer('Backfill', z.object({ slots }))

/** A schedule without what is the ledger's own. */
export function scheduleAnswer({ version: _version, ...known }: KnownSchedule): object {
  return known
}
