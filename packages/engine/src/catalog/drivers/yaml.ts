import { isDeepStrictEqual } from 'node:util'

import * as z from 'zod'

import { parseYamlValue, writeYaml } from '../../config/yaml-value.ts'
import type { Dataset } from '../../definition/dataset.ts'
import { ConfigError, DatasetError } from '../../errors.ts'
import { decodeText } from '../decode-text.ts'
import { driverSettings, unheeded } from '../driver-settings.ts'
import type { Driver, DriverSettings } from '../driver.ts'
import { headText, type ByteSource, type Head } from '../head.ts'
import { notDecodable } from '../not-decodable.ts'
import { assertJson } from './assert-json.ts'

const SaveArgs = z.strictObject({
  default_flow_style: unheeded,
  sort_keys: unheeded,
  allow_unicode: unheeded,
  indent: unheeded,
})
const LoadArgs = z.strictObject({})

/** One value as YAML, for people to read and to edit: metrics, settings, small results. */
export const yaml: Driver = {
  name: 'yaml',
  extension: '.yaml',
  mediaType: 'application/yaml',
  text: true,
  encode(value: unknown, dataset: Dataset): Uint8Array {
    assertJson(value, dataset.name)
    const text = writeYaml(value)
    if (!comesBack(text, value)) throw refused(dataset)
    return Buffer.from(text, 'utf8')
  },
  decode(bytes: Uint8Array, dataset: Dataset, where: string): unknown {
    try {
      return parseYamlValue(decodeText(bytes, dataset, where), where)
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      throw notDecodable(dataset, where, error.message, error)
    }
  },
  async head(source: ByteSource, rows: number): Promise<Head> {
    const lines = (await headText(source)).text.split('\n')
    return { text: lines.slice(0, rows).join('\n') }
  },
  configure({ load, save }: DriverSettings): Driver {
    driverSettings(LoadArgs, load, 'load_args of a yaml dataset')
    driverSettings(SaveArgs, save, 'save_args of a yaml dataset')
    return yaml
  },
}

/** YAML has more ways to read a text than to write it, and limits: the certain test is to read it. */
function comesBack(text: string, value: unknown): boolean {
  try {
    // By way of JSON, which leaves out the properties that are undefined.
    return isDeepStrictEqual(parseYamlValue(text, 'it'), JSON.parse(JSON.stringify(value)))
  } catch {
    return false
  }
}

function refused({ name }: Dataset): DatasetError {
  return new DatasetError(
    'DATASET_NOT_ENCODABLE',
    `Dataset '${name}' cannot be written as YAML: at / is a value that would not read back as it is.`,
    {
      dataset: name,
      hint: 'YAML files hold at most 1 MiB and 64 levels, and no key "constructor"; use the type json for other values.',
    },
  )
}
