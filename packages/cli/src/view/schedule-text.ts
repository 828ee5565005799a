import type { KnownSchedule } from '@pipewright/engine/client'

import { durationText } from '../terminal/duration-text.ts'
import { paint } from '../terminal/paint.ts'

/** A schedule in a few lines: what it is, its next times in its own zone, what goes on. */
export function scheduleText(schedule: KnownSchedule): string {
  const { name, pipeline, cron, every, timezone, overlap, paused, next, problem } = schedule
  const when = cron === undefined ? `every ${durationText(every ?? 0)}` : `${cron} (${timezone})`
  const head = `${paint('bold', name)}  ${pipeline}  ${when}  overlap ${overlap}`
  const { running, waiting, backfill } = schedule
  const lines = [
    paused ? paint('yellow', 'paused') : undefined,
    ...next.map((slot) => `next     ${localText(slot, timezone)}  ${paint('dim', slot)}`),
    next.length === 0 ? 'next     none: it has ended' : undefined,
    ...running.map((slot) => `running  ${slot}`),
    waiting.length === 0 ? undefined : `waiting  ${waiting.length} slots, the first ${waiting[0]}`,
    backfill.running + backfill.waiting === 0
      ? undefined
      : `backfill ${backfill.running} running, ${backfill.waiting} waiting`,
    problem === undefined ? undefined : paint('red', problem),
  ]
  return [head, ...lines.filter((line) => line !== undefined).map((line) => `  ${line}`)].join('\n')
}

/** As the clock on the wall there shows it. */
function localText(slot: string, timeZone: string): string {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    weekday: 'short',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    timeZoneName: 'short',
  })
  return format.format(new Date(slot))
}
