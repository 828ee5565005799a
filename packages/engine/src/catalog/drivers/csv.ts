import type { Dataset } from '../../definition/dataset.ts'
import type { Driver } from '../driver.ts'
import { notDecodable } from '../not-decodable.ts'
export const csv: Driver = {
  name: 'csv',
  extension: '.csv',
  mediaType: 'text/csv; charset=utf-8',
  text: true,
  encode(_v: unknown, d: Dataset): Uint8Array {
    throw notDecodable(d, '', '')
  },
  decode(_b: Uint8Array, d: Dataset, w: string): unknown {
    throw notDecodable(d, w, '')
  },
}
