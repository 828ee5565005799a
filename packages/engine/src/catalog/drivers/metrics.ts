import type { Dataset } from '../../definition/dataset.ts'
import type { Driver } from '../driver.ts'
import { decodeMetrics, encodeMetrics } from './metric-json.ts'
import { metricsPoints } from './metric-points.ts'

/** Several metrics of the node run that makes them, with all their points. */
export const metrics: Driver = {
  name: 'metrics',
  extension: '.json',
  mediaType: 'application/json',
  text: true,
  encode(value: unknown, { name }: Dataset): Uint8Array {
    metricsPoints(value, name)
    return encodeMetrics(value)
  },
  decode: decodeMetrics,
}
