/** The value of a metric, to five digits. */
export function metricText(value: number | string): string {
  if (typeof value === 'string' || Number.isInteger(value)) return String(value)
  return String(Number(value.toPrecision(5)))
}
