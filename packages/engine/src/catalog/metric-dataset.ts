import type { Metric } from '../run/metric.ts'
import { historyPoints, metricsPoints, type Point } from './drivers/metric-points.ts'
import type { MlflowPlace } from './mlflow-place.ts'

/**
 * The metrics that saving a dataset records: of a place that is no metric none. The value has been encoded, so that it is
 * known to hold numbers and nothing else.
 *
 * @param at Time of the points that name none, in ms since 1970.
 */
export function metricsOf(
  place: MlflowPlace | undefined,
  value: unknown,
  dataset: string,
  at: number,
): readonly Metric[] {
  if (place === undefined) return []
  switch (place.kind) {
    case 'metric':
      return [
        toMetric(place.key ?? dataset, { value: Number(value), step: place.saveStep ?? 0 }, at),
      ]
    case 'history':
      return historyPoints(value, dataset).map((point) => toMetric(place.key ?? dataset, point, at))
    case 'metrics':
      return metricsPoints(value, dataset).flatMap(([key, points]) => {
        const whole = place.prefix === undefined ? key : `${place.prefix}.${key}`
        return points.map((point) => toMetric(whole, point, at))
      })
    case 'artifact':
    case 'model':
      return []
    default:
      return place satisfies never
  }
}

function toMetric(key: string, { value, step, timestamp }: Point, at: number): Metric {
  return [key, Number.isFinite(value) ? value : notFinite(value), step, timestamp ?? at]
}

function notFinite(value: number): 'NaN' | 'Infinity' | '-Infinity' {
  if (Number.isNaN(value)) return 'NaN'
  return value > 0 ? 'Infinity' : '-Infinity'
}
