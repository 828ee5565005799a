import type { MetricValue } from './rest/entities.ts'

/** The last value of a metric as MLflow holds it. */
export interface LatestPoint {
  readonly value: MetricValue
  readonly step: number
  readonly timestamp: number
}

/** Which of two points MLflow shows as the last value: that of the higher step, then of the later time. */
export function later(one: LatestPoint | undefined, two: LatestPoint): LatestPoint {
  if (one === undefined || two.step > one.step) return two
  return two.step === one.step && two.timestamp >= one.timestamp ? two : one
}
