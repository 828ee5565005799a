import { FatalNodeError, node, type Value } from '@pipewright/engine'

import { days, rawDays, type Day } from '../datasets.ts'
import { addDays } from '../models/calendar.ts'
import { asOf } from '../params.ts'

export const clean = node({
  name: 'clean',
  inputs: { rawDays },
  outputs: { days },
  params: { asOf },
  tags: ['data'],
  // Nothing here fails by chance except reading the file, which may lie on a share.
  retries: 2,
  timeout: '1m',
  run({ rawDays }, { params, metric, log }) {
    const days = visibleDays(rawDays, params.asOf)
    const rainRate = days.filter((day) => day.rain).length / days.length
    metric('days', days.length)
    metric('rain_rate', rainRate)
    log.info('Days read', { first: days[0]?.date, last: days.at(-1)?.date })
    return { days }
  },
})

/**
 * The days up to `asOf`, in order and complete.
 *
 * @throws FatalNodeError when a day is missing or twice, or when the data end before `asOf`: the test would otherwise be
 * shorter than it says.
 */
export function visibleDays(raw: Value<typeof rawDays>, asOf: string): Day[] {
  const visible = raw
    .filter((row) => row.date <= asOf)
    .toSorted((a, b) => a.date.localeCompare(b.date))
  visible.forEach((row, index) => {
    const before = visible[index - 1]
    if (before !== undefined && row.date !== addDays(before.date, 1)) {
      throw new FatalNodeError(
        `The days are not consecutive: ${before.date} is followed by ${row.date}.`,
      )
    }
  })
  const last = visible.at(-1)?.date
  if (last !== asOf) {
    throw new FatalNodeError(`The data end on ${last ?? 'no day'}, before asOf ${asOf}.`)
  }
  return visible.map((row) => ({
    date: row.date,
    precipitation: row.precipitation,
    tempMax: row.temp_max,
    tempMin: row.temp_min,
    wind: row.wind,
    weather: row.weather,
    rain: row.precipitation > 0,
  }))
}
