import { createHash } from 'node:crypto'

import type { Dataset } from '../definition/dataset.ts'
import { DatasetError } from '../errors.ts'
import type { CatalogRead } from '../run/catalog-read.ts'
import type { CatalogAccess } from './catalog-access.ts'
import { credentialsOf } from './catalog-access.ts'
import type { Driver, ServicePlace } from './driver.ts'
import { findDriver } from './drivers/index.ts'
import type { CatalogEntry, Validation } from './entry.ts'
import { summarise } from './summarise.ts'
import { fromStored } from './validate.ts'

/** The place of an entry that is no file; undefined for one that is. @throws ConfigError `DATASET_SETTING_INVALID` */
export function servicePlace(
  dataset: string,
  entry: CatalogEntry,
  root: string,
  { driver, access }: { readonly driver: Driver; readonly access: CatalogAccess },
): ServicePlace | undefined {
  const { network } = access
  const credentials = credentialsOf(entry.credentials, access)
  return driver.place?.({ dataset, entry, root, credentials, network })
}

/**
 * Inputs of single runs are files: whoever may enqueue must not write queries that run with the project's credentials.
 *
 * @throws DatasetError `RUN_INPUT_REFUSED`. @throws ConfigError `DATASET_TYPE_UNKNOWN`
 */
export function assertNoService(dataset: string, type: string): void {
  if (findDriver(type).place === undefined) return
  throw new DatasetError(
    'RUN_INPUT_REFUSED',
    `The run wants to read dataset '${dataset}' from a service of the type ${type}, which only the catalog may name.`,
    { dataset, hint: 'Give the run a file, or write the query into catalog.yml, with its params.' },
  )
}

/** The value of a dataset that is no file, and the record of what was read. */
export async function readService(
  dataset: Dataset,
  service: ServicePlace,
  { format, validation }: { readonly format: string; readonly validation: Validation },
): Promise<{ readonly value: unknown; readonly read: CatalogRead }> {
  const { address: path } = service
  const stored = await service.read(dataset)
  const value = await fromStored(dataset, stored, path, validation)
  const content = contentOf(stored)
  return {
    value,
    read: { dataset: dataset.name, path, format, ...content, ...summarise(dataset, stored) },
  }
}

/** Size and digest of a value that has no bytes of its own, so that two readings of it can be told apart. */
function contentOf(stored: unknown): Pick<CatalogRead, 'bytes' | 'sha256'> {
  const digest = createHash('sha256')
  let bytes = 0
  // Row by row: the text of a large table would be longer than a text can be.
  for (const part of Array.isArray(stored) ? (stored as readonly unknown[]) : [stored]) {
    const text = part instanceof Uint8Array ? part : `${JSON.stringify(part, asJson)}\n`
    bytes += Buffer.byteLength(text)
    digest.update(text)
  }
  return { bytes, sha256: digest.digest('hex') }
}

function asJson(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString()
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value
}
