import * as z from 'zod'

import { driverSettings, unheeded } from '../driver-settings.ts'
import type { Driver, DriverSettings } from '../driver.ts'
import { readArrow } from './arrow-read.ts'
import { writeArrow } from './arrow-write.ts'

const LoadArgs = z.strictObject({ columns: z.array(z.string()).optional(), use_threads: unheeded })
const SaveArgs = z.strictObject({
  compression: z.literal('uncompressed', 'Only uncompressed files are written').nullish(),
})

function arrowDriver(columns: readonly string[] | undefined): Driver {
  return {
    name: 'arrow',
    extension: '.arrow',
    mediaType: 'application/vnd.apache.arrow.file',
    text: false,
    encode: async (value, dataset) => await writeArrow(value, dataset),
    decode: async (bytes, dataset, where) => await readArrow(bytes, dataset, where, columns),
    configure,
  }
}

function configure({ load, save }: DriverSettings): Driver {
  const { columns } = driverSettings(LoadArgs, load, 'load_args of an arrow dataset')
  driverSettings(SaveArgs, save, 'save_args of an arrow dataset')
  return arrowDriver(columns)
}

/** A table as an Arrow IPC file, which is also Feather version 2: columns of the types that the schema has. */
export const arrow: Driver = arrowDriver(undefined)
