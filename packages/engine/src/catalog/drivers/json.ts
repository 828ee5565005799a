import type { Dataset } from '../../definition/dataset.ts'
import { decodeText } from '../decode-text.ts'
import type { Driver } from '../driver.ts'
import { notDecodable } from '../not-decodable.ts'
import { assertJson } from './assert-json.ts'
import { jsonHead } from './json-head.ts'

/** One JSON value in one file. What JSON cannot hold is refused, naming its path in the value. */
export const json: Driver = {
  name: 'json',
  extension: '.json',
  mediaType: 'application/json',
  text: true,
  encode(value: unknown, dataset: Dataset): Uint8Array {
    assertJson(value, dataset.name)
    return Buffer.from(JSON.stringify(value), 'utf8')
  },
  decode(bytes: Uint8Array, dataset: Dataset, where: string): unknown {
    const text = decodeText(bytes, dataset, where)
    try {
      return JSON.parse(text)
    } catch (error) {
      throw notDecodable(
        dataset,
        where,
        error instanceof Error ? error.message : String(error),
        error,
      )
    }
  },
  head: jsonHead,
}
