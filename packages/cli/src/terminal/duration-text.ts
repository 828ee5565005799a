/** A length of time for people: `840ms`, `3.2s`, `4m 12s`, `2h 05m`. */
export function durationText(milliseconds: number): string {
  const ms = Math.max(0, Math.round(milliseconds))
  if (ms < 1000) return `${ms}ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)}s`
  const seconds = Math.round(ms / 1000)
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes}m ${pad(seconds % 60)}s`
  return `${Math.floor(minutes / 60)}h ${pad(minutes % 60)}m`
}

/** A moment in local time, to the second: `2026-11-23 16:44:18`. */
export function momentText(at: number): string {
  const moment = new Date(at)
  const date = [moment.getFullYear(), pad(moment.getMonth() + 1), pad(moment.getDate())].join('-')
  const time = [moment.getHours(), moment.getMinutes(), moment.getSeconds()].map(pad).join(':')
  return `${date} ${time}`
}

function pad(part: number): string {
  return String(part).padStart(2, '0')
}
