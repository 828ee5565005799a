import * as z from 'zod'

import type { Dataset } from '../../definition/dataset.ts'
import { decodeText } from '../decode-text.ts'
import { driverSettings, unheeded } from '../driver-settings.ts'
import type { Driver, DriverSettings } from '../driver.ts'
import { notDecodable } from '../not-decodable.ts'
import { assertJson } from './assert-json.ts'
import { jsonHead } from './json-head.ts'

const reading = {
  name: 'json',
  extension: '.json',
  mediaType: 'application/json',
  text: true,
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

const LoadArgs = z.strictObject({ orient: z.literal('records').optional(), dtype: unheeded })
const SaveArgs = z.strictObject({
  /** Spaces before each level, for people. Default: all in one line. */
  indent: z.int().min(0).max(10).nullish(),
  orient: z.literal('records').optional(),
  ensure_ascii: unheeded,
  force_ascii: unheeded,
})

/** One JSON value in one file. What JSON cannot hold is refused, naming its path in the value. */
export const json: Driver = jsonDriver(0)

function jsonDriver(indent: number): Driver {
  return { ...reading, encode: (value, dataset) => encode(value, dataset, indent), configure }
}

function configure({ load, save }: DriverSettings): Driver {
  driverSettings(LoadArgs, load, 'load_args of a json dataset')
  return jsonDriver(driverSettings(SaveArgs, save, 'save_args of a json dataset').indent ?? 0)
}

function encode(value: unknown, dataset: Dataset, indent: number): Uint8Array {
  assertJson(value, dataset.name)
  return Buffer.from(JSON.stringify(value, null, indent), 'utf8')
}
