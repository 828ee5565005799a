import type { Metric } from '../run/metric.ts'

/** One call of `metric`. */
export interface RecordedMetric {
  readonly key: string
  readonly value: number
  readonly step: number
}

/** Recorded metrics with their values as numbers: `NaN` and the infinities travel as text. */
export function recordedMetrics(metrics: readonly Metric[]): readonly RecordedMetric[] {
  return metrics.map(([key, value, step]) => ({ key, value: Number(value), step }))
}

/** The last value of each key. */
export function finalMetrics(metrics: readonly Metric[]): Readonly<Record<string, number>> {
  return Object.fromEntries(metrics.map(([key, value]) => [key, Number(value)]))
}
