import { createHash } from 'node:crypto'

import { Cron } from 'croner'

import type { ScheduleConfig } from '../config/schedules-schema.ts'

/** What decides when slots are. */
export type Timing = Pick<ScheduleConfig, 'cron' | 'every' | 'timezone' | 'start' | 'end'>

const expressions = new Map<string, Cron>()
/** Expressions that are kept compiled. */
const mostExpressions = 1000

/**
 * The first slot after a time, both ms since 1970; undefined after the last one. In a time zone with daylight saving a slot
 * at a fixed hour is once a day: at the end of the gap when its time is left out, at the first of two when its time comes
 * twice. One at every hour is at every hour that there is, so both times.
 */
export function nextSlot(timing: Timing, after: number): number | undefined {
  const { every, start = -Infinity, end = Infinity } = timing
  const from = Math.max(after, start - 1)
  const slot = every === undefined ? nextOfCron(timing, from) : nextOfInterval(timing, from)
  return slot === undefined || slot > end ? undefined : slot
}

/** The slots after one time and up to another, the first so many. */
export function slotsBetween(
  timing: Timing,
  after: number,
  until: number,
  most: number = Infinity,
): readonly number[] {
  const slots: number[] = []
  let slot = nextSlot(timing, after)
  while (slot !== undefined && slot <= until && slots.length < most) {
    slots.push(slot)
    slot = nextSlot(timing, slot)
  }
  return slots
}

/** The slots that come next, `count` of them. */
export function nextSlots(timing: Timing, after: number, count: number): readonly number[] {
  return slotsBetween(timing, after, Infinity, count)
}

/** When a slot is fired: the same time in every process, so that they agree which slots are due. */
export function dueAt(name: string, slot: number, jitter: number): number {
  if (jitter === 0) return slot
  const digest = createHash('sha256').update(`${name}/${slot}`).digest()
  return slot + Math.floor((digest.readUInt32BE(0) / 2 ** 32) * jitter)
}

/** When the first slot after a time is fired; `Infinity` when there is none. */
export function dueAfter(
  schedule: Timing & { readonly name: string; readonly jitter: number },
  after: number,
): number {
  const slot = nextSlot(schedule, after)
  return slot === undefined ? Infinity : dueAt(schedule.name, slot, schedule.jitter)
}

/** A slot as people and params see it. */
export function slotText(slot: number): string {
  return new Date(slot).toISOString()
}

function nextOfInterval({ every = 0, start = 0 }: Timing, after: number): number {
  return start + (Math.floor((after - start) / every) + 1) * every
}

function nextOfCron({ cron = '', timezone }: Timing, after: number): number | undefined {
  const name = `${timezone} ${cron}`
  let expression = expressions.get(name)
  if (expression === undefined) {
    expression = new Cron(cron, { timezone, paused: true, mode: '5-part' })
    if (expressions.size >= mostExpressions) expressions.clear()
    expressions.set(name, expression)
  }
  return expression.nextRun(new Date(after))?.getTime()
}
