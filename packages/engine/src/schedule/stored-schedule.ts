import * as z from 'zod'

import type { ScheduleConfig } from '../config/schedules-schema.ts'

/** A schedule as Redis has it. */
export interface StoredSchedule extends ScheduleConfig {
  readonly version: 1
  readonly name: string
  /** `conf/<env>` for those of a project's `schedules.yml`, which its workers replace when they start; else `client`. */
  readonly source: string
}

export const StoredSchedule: z.ZodType<StoredSchedule> = z.object({
  version: z.literal(1),
  name: z.string(),
  source: z.string(),
  pipeline: z.string(),
  cron: z.string().optional(),
  every: z.number().optional(),
  timezone: z.string(),
  params: z.record(z.string(), z.unknown()),
  slotParam: z.string().optional(),
  slotFormat: z.enum(['time', 'date']).optional(),
  overlap: z.enum(['skip', 'bufferOne', 'bufferAll', 'cancelRunning', 'allow']),
  catchup: z.number(),
  jitter: z.number(),
  start: z.number().optional(),
  end: z.number().optional(),
  priority: z.number().optional(),
  tags: z.record(z.string(), z.string()),
})

/** Undefined for what another version wrote and this one cannot read. */
export function parseSchedule(text: string): StoredSchedule | undefined {
  try {
    return StoredSchedule.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}

/** The same for schedules that have the same slots, and only for those. */
export function timingText({ cron, every, timezone, start, end }: StoredSchedule): string {
  return JSON.stringify([cron, every, timezone, start, end])
}
