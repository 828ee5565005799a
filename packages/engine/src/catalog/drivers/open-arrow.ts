import type * as Arrow from 'apache-arrow'

import { optionalPackage } from '../optional-package.ts'

/** @throws ConfigError `PACKAGE_MISSING` */
export async function openArrow(): Promise<typeof Arrow> {
  return await optionalPackage(
    'apache-arrow',
    'The type arrow',
    async () => await import('apache-arrow'),
  )
}
