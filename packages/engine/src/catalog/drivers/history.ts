import type { Dataset } from '../../definition/dataset.ts'
import type { Driver } from '../driver.ts'
import { decodeMetrics, encodeMetrics } from './metric-json.ts'
import { historyPoints } from './metric-points.ts'

/** All points of one metric of the node run that makes it. */
export const history: Driver = {
  name: 'history',
  extension: '.json',
  mediaType: 'application/json',
  text: true,
  encode(value: unknown, { name }: Dataset): Uint8Array {
    historyPoints(value, name)
    return encodeMetrics(value)
  },
  decode: decodeMetrics,
}
