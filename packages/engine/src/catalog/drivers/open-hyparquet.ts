import type * as Reader from 'hyparquet'
import type * as Writer from 'hyparquet-writer'

import { optionalPackage } from '../optional-package.ts'

const packages = 'hyparquet hyparquet-writer'
const user = 'The type parquet'

/** @throws ConfigError `PACKAGE_MISSING` */
export async function openHyparquet(): Promise<typeof Reader> {
  return await optionalPackage('hyparquet', user, async () => await import('hyparquet'), packages)
}

/** @throws ConfigError `PACKAGE_MISSING` */
export async function openHyparquetWriter(): Promise<typeof Writer> {
  return await optionalPackage(
    'hyparquet-writer',
    user,
    async () => await import('hyparquet-writer'),
    packages,
  )
}
