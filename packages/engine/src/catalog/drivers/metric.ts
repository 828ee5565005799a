import type { Dataset } from '../../definition/dataset.ts'
import type { Driver } from '../driver.ts'
import { decodeMetrics, encodeMetrics, kindOf, notMetric } from './metric-json.ts'

/** One number, which becomes a metric of the node run that makes it. */
export const metric: Driver = {
  name: 'metric',
  extension: '.json',
  mediaType: 'application/json',
  text: true,
  encode(value: unknown, { name }: Dataset): Uint8Array {
    if (typeof value !== 'number') throw notMetric(name, [], kindOf(value), 'Return a number.')
    return encodeMetrics(value)
  },
  decode: decodeMetrics,
}
