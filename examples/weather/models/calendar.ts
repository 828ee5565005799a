const day = 86_400_000

/** The date so many days later (or earlier). Dates are `YYYY-MM-DD` and have no time zone. */
export function addDays(date: string, days: number): string {
  return new Date(Date.parse(date) + days * day).toISOString().slice(0, 10)
}

/** The same day of an earlier year; 29 February becomes 28 February. */
export function yearsBefore(date: string, years: number): string {
  const year = String(Number(date.slice(0, 4)) - years).padStart(4, '0')
  const monthAndDay = date.slice(4)
  const earlier = `${year}${monthAndDay}`
  const exists = new Date(Date.parse(earlier)).toISOString().startsWith(earlier)
  return exists ? earlier : `${year}-02-28`
}

/** 1 on 1 January. */
export function dayOfYear(date: string): number {
  return (Date.parse(date) - Date.parse(`${date.slice(0, 4)}-01-01`)) / day + 1
}
