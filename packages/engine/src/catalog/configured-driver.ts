import type { Dataset } from '../definition/dataset.ts'
import { ConfigError } from '../errors.ts'
import type { DatasetReference } from '../run/dataset-reference.ts'
import type { Driver } from './driver.ts'
import { bytes } from './drivers/bytes.ts'
import { findDriver } from './drivers/index.ts'
import { json } from './drivers/json.ts'
import { ndjson } from './drivers/ndjson.ts'
import type { CatalogEntry } from './entry.ts'

/** Forms of many kinds of files: the name of the file says which kind it is. */
const shapeless = new Set(['text', 'bytes', 'image'])

/**
 * The driver of a catalog entry with its settings.
 *
 * @throws ConfigError `DATASET_TYPE_UNKNOWN`, `DATASET_SETTING_INVALID`
 */
export function configuredDriver(dataset: string, entry: CatalogEntry): Driver {
  const { type, loadArgs, saveArgs, filepath } = entry
  const driver = findDriver(type)
  try {
    if (driver.configure !== undefined)
      return driver.configure({ load: loadArgs, save: saveArgs, filepath })
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    throw new ConfigError('DATASET_SETTING_INVALID', `Dataset '${dataset}': ${error.message}`, {
      ...(error.hint !== undefined && { hint: error.hint }),
    })
  }
  const [name] = Object.keys({ ...loadArgs, ...saveArgs })
  // A service looks at its settings when it is opened.
  if (name === undefined || driver.place !== undefined) return driver
  throw new ConfigError(
    'DATASET_SETTING_INVALID',
    `Dataset '${dataset}': "${name}" is set, but the type ${driver.name} has no settings.`,
    { hint: 'Remove load_args and save_args from its entry in catalog.yml.' },
  )
}

/** The driver that writes a value: as the dataset says, else the catalog, else by what the value is. */
export function driverOf(
  { format, layout }: Dataset,
  listed: Driver | undefined,
  stored: unknown,
): Driver {
  if (format !== undefined) return findDriver(format)
  if (listed !== undefined) return listed
  if (layout === 'stream') return ndjson
  return stored instanceof Uint8Array ? bytes : json
}

/** The driver that reads what a reference says, with the settings with which it was written. */
export function readerOf({ format, settings }: DatasetReference): Driver {
  const driver = findDriver(format)
  if (settings === undefined) return driver
  return driver.configure?.({ load: settings, save: settings, filepath: null }) ?? driver
}

/**
 * What a reference says of the form of its bytes.
 *
 * @param extension The extension of the dataset's file in the catalog.
 */
export function writtenBy(
  driver: Driver,
  extension: string = driver.extension,
): Pick<DatasetReference, 'format' | 'extension' | 'settings'> {
  const { name, settings } = driver
  const told = shapeless.has(name) ? extension : driver.extension
  const isTold = told !== findDriver(name).extension && /^\.[A-Za-z0-9]{1,10}$/.test(told)
  return {
    format: name,
    ...(isTold && { extension: told }),
    ...(settings !== undefined && { settings }),
  }
}
