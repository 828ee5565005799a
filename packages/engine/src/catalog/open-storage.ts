import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

import { ConfigError } from '../errors.ts'
import { LocalStorage } from './local-storage.ts'
import type { Storage } from './storage.ts'

/**
 * The file system path that a plain path or `file://` address means; undefined for another scheme, such as `s3://`, and
 * for a `file://` address of another machine.
 */
export function localPathOf(address: string, root: string): string | undefined {
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):\/\//.exec(address)?.[1]
  if (scheme === undefined) return resolve(root, address)
  if (scheme.toLowerCase() !== 'file') return undefined
  try {
    return fileURLToPath(address)
  } catch {
    return undefined
  }
}

/**
 * Opens the run's store.
 *
 * @param address A plain path or a `file://` address (`store` in `pipewright.yml`).
 * @param root The project's root, from which plain paths count.
 * @throws ConfigError `STORAGE_UNSUPPORTED`
 */
export function openStorage(address: string, root: string): Storage {
  const path = localPathOf(address, root)
  if (path !== undefined) return new LocalStorage(path)
  throw new ConfigError(
    'STORAGE_UNSUPPORTED',
    `There is no storage for ${JSON.stringify(address)}.`,
    {
      hint: 'Use a path or a file:// address of a folder that all workers can reach.',
    },
  )
}
