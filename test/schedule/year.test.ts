import { Scheduler } from '@pipewright/engine/internal'
import { describe, expect, it } from 'vitest'

import { workbench } from '../support/workbench.ts'

const minute = 60_000
const day = 24 * 60 * minute
const year = { from: Date.UTC(2031, 0, 1), to: Date.UTC(2032, 0, 1) }

/** What the clocks on the walls of a zone show at each quarter of an hour of the year. Nothing here knows of cron. */
function quartersOf(timeZone: string): readonly { time: number; date: string; clock: string }[] {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    dateStyle: 'short',
    timeStyle: 'short',
  })
  const count = (year.to - year.from) / (15 * minute)
  return Array.from({ length: count }, (_, at) => {
    const time = year.from + (at + 1) * 15 * minute
    // 31/01/2031, 13:45
    const [date = '', clock = ''] = format.format(time).split(', ')
    return { time, date, clock }
  })
}

/** Of each date the first quarter that shows the time, or a later one where the clocks leave it out. */
function daily(quarters: ReturnType<typeof quartersOf>, clock: string): readonly number[] {
  const byDate = Map.groupBy(quarters, ({ date }) => date)
  return [...byDate.values()].flatMap((all) => {
    // The first date has begun before the year in zones east of here.
    if (all.length < 90 && !all.some((quarter) => quarter.clock === clock)) return []
    const found = all.find((quarter) => quarter.clock >= clock)
    return found === undefined ? [] : [found.time]
  })
}

/** Both changes at two in the morning; at one in UTC, so at two and three; by half an hour, in the other half of the year. */
const zones = ['America/New_York', 'Europe/Berlin', 'Australia/Lord_Howe']
const crons = { monthly: '30 2 1 * *', daily: '30 2 * * *', hourly: '0 * * * *' }
type Name = keyof typeof crons
// Object.keys knows less of its own keys.
const names = Object.keys(crons) as Name[]

/** One in each zone; with `PIPEWRIGHT_SCHEDULE_ZONES=all` each in all of them, which takes three times as long. */
const scheduled = zones.flatMap((zone, at) =>
  names
    .filter((_, which) => which === at || process.env['PIPEWRIGHT_SCHEDULE_ZONES'] === 'all')
    .map((name) => ({ name, zone, schedule: `${name}.${zone.replace('/', '-')}` })),
)

function expectedOf(zone: string): Readonly<Record<Name, readonly number[]>> {
  const quarters = quartersOf(zone)
  const dates = new Map(quarters.map(({ time, date }) => [time, date]))
  const each = daily(quarters, '02:30')
  return {
    hourly: quarters.filter(({ clock }) => clock.endsWith(':00')).map(({ time }) => time),
    daily: each,
    monthly: each.filter((time) => dates.get(time)?.startsWith('01/')),
  }
}

describe('a year of an hourly, a daily and a monthly schedule in three zones', () => {
  it(
    'has exactly the slots that clocks on the wall show, each fired once',
    { timeout: 240_000 },
    async () => {
      const { client, redis, prefix } = await workbench({ pipelines: [] })
      for (const { name, zone, schedule } of scheduled)
        await client.schedules.put(schedule, {
          pipeline: 'job',
          cron: crons[name],
          timezone: zone,
          overlap: 'allow',
          catchup: '2d',
          start: new Date(year.from + 1).toISOString(),
        })
      const fired = new Map<string, number[]>()
      let now = year.from
      const scheduler = new Scheduler({
        redis,
        prefix,
        now: async () => Promise.resolve(now),
        onError: (error) => expect.unreachable(String(error)),
        runs: {
          enqueue: async (_, { key }) => {
            const [, name = '', slot = ''] = key.split('/')
            const slots = fired.get(name) ?? []
            slots.push(Date.parse(slot))
            fired.set(name, slots)
            return Promise.resolve({ id: key })
          },
          cancel: async () => Promise.resolve(),
        },
      })
      for (; now <= year.to; now += day / 2) {
        let wait = 0
        while (wait === 0) wait = await scheduler.turn()
      }
      for (const { name, zone, schedule } of scheduled)
        expect([schedule, fired.get(schedule)]).toEqual([schedule, expectedOf(zone)[name]])
      expect([...fired.values()].flat().length).toBeGreaterThan(8757 + 364 + 12)
    },
  )
})
