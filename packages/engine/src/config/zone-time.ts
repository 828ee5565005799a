const minute = 60_000
const hour = 3_600_000

/**
 * The time, in ms since 1970, of a text: a date begins when it begins in the time zone, and a time has its zone with it.
 * Undefined for any other text.
 */
export function timeIn(text: string, timeZone: string): number | undefined {
  if (/^\d{4}-\d\d-\d\d$/.test(text)) return startOfDate(text, timeZone)
  const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d)$/.test(text)
  const time = isTime ? Date.parse(text) : NaN
  return Number.isNaN(time) ? undefined : time
}

/** The date in a time zone: `2026-01-31`. */
export function dateText(time: number, timeZone: string): string {
  const parts = new Intl.DateTimeFormat('en', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  }).formatToParts(time)
  const part = (wanted: string): string => parts.find(({ type }) => type === wanted)?.value ?? ''
  return `${part('year')}-${part('month')}-${part('day')}`
}

/** The first minute that has the date, or a later one where the zone has left it out. Clocks differ from UTC by less than 16 h. */
function startOfDate(date: string, timeZone: string): number | undefined {
  const midnight = Date.parse(date)
  // 2015-02-30 is read as a day of March, or not at all.
  if (Number.isNaN(midnight) || new Date(midnight).toISOString().slice(0, 10) !== date)
    return undefined
  let before = midnight - 16 * hour
  let start = midnight + 16 * hour
  while (start - before > minute) {
    const middle = before + Math.floor((start - before) / (2 * minute)) * minute
    if (dateText(middle, timeZone) < date) before = middle
    else start = middle
  }
  return start
}
