import type { Secret } from '../config/secret.ts'
import { ConfigError } from '../errors.ts'
import type { BucketStorage } from './bucket-storage.ts'
import { HttpStorage } from './http-storage.ts'
import { LocalStorage } from './local-storage.ts'
import { publicOnly, type NetworkPolicy } from './network-policy.ts'
import { RemoteStorage } from './remote-storage.ts'
import {
  shownAddress,
  storageAddress,
  type BucketAddress,
  type StorageAddress,
} from './storage-address.ts'
import type { Storage } from './storage.ts'

/** How a storage lets us in, and how far we may go. */
export interface StorageAccess {
  /** Looked up when the storage is first used. Default: as the vendor's library finds its own, from environment or role. */
  readonly credentials?: (() => Secret) | undefined
  /** For http and https. Default: only public addresses. */
  readonly network?: NetworkPolicy | undefined
}

/**
 * Opens a storage, such as the run's store. Nothing is imported, looked up or connected to before it is used.
 *
 * @param address A plain path, or an address: `file://`, `s3://bucket/path`, `gs://…`, `az://…`, `abfs://…`, `https://…`.
 * @param root The project's root, from which plain paths count.
 * @throws ConfigError `STORAGE_UNSUPPORTED`, `STORAGE_ADDRESS_INVALID`
 */
export function openStorage(address: string, root: string, access: StorageAccess = {}): Storage {
  return openAddress(known(address, root), access)
}

/** One file of a storage. */
export interface StoredFile {
  readonly storage: Storage
  /** Its path in the storage. */
  readonly path: string
}

/**
 * Opens the storage that a file of the catalog lies in; undefined for one of this machine.
 *
 * @throws ConfigError `STORAGE_UNSUPPORTED`, `STORAGE_ADDRESS_INVALID`
 */
export function openStoredFile(
  address: string,
  root: string,
  access: StorageAccess = {},
): StoredFile | undefined {
  const place = known(address, root)
  if (place.kind === 'local') return undefined
  if (place.kind === 'http') {
    const url = new URL(place.url)
    const slash = url.pathname.lastIndexOf('/')
    const name = decoded(url.pathname.slice(slash + 1))
    if (name === undefined) throw noFile(address)
    url.pathname = url.pathname.slice(0, slash)
    return { storage: openAddress({ kind: 'http', url }, access), path: name }
  }
  if (place.path === '') throw noFile(address)
  return { storage: openAddress({ ...place, path: '' }, access), path: place.path }
}

/**
 * The file system path that a plain path or `file://` address means; undefined for another scheme, such as `s3://`, and
 * for a `file://` address of another machine.
 */
export function localPathOf(address: string, root: string): string | undefined {
  const place = storageAddress(address, root)
  return place?.kind === 'local' ? place.path : undefined
}

function known(address: string, root: string): StorageAddress {
  const place = storageAddress(address, root)
  if (place !== undefined) return place
  throw new ConfigError(
    'STORAGE_UNSUPPORTED',
    `There is no storage for ${JSON.stringify(address.slice(0, 200))}.`,
    {
      hint: 'Use a path, or an address that begins with file:///, s3://, gs://, az://, abfs:// or https://.',
    },
  )
}

function openAddress(place: StorageAddress, { credentials, network }: StorageAccess): Storage {
  if (place.kind === 'local') return new LocalStorage(place.path)
  if (place.kind === 'http')
    return new HttpStorage({ url: place.url, policy: network ?? publicOnly, credentials })
  return new RemoteStorage(
    shownAddress(place),
    async () => await openBucket(place, credentials?.()),
  )
}

/** Each vendor's file, and with it the library, is loaded for who has data there. */
async function openBucket(
  place: BucketAddress,
  credentials: Secret | undefined,
): Promise<BucketStorage> {
  if (place.kind === 's3') return await (await import('./s3-storage.ts')).openS3(place, credentials)
  if (place.kind === 'gcs')
    return await (await import('./gcs-storage.ts')).openGcs(place, credentials)
  return await (await import('./azure-storage.ts')).openAzure(place, credentials)
}

/** Undefined for a name that an address cannot carry there and back. */
function decoded(name: string): string | undefined {
  try {
    const text = decodeURIComponent(name)
    return text === '' || text.includes('/') ? undefined : text
  } catch {
    return undefined
  }
}

function noFile(address: string): ConfigError {
  return new ConfigError(
    'STORAGE_ADDRESS_INVALID',
    `The address ${JSON.stringify(address.replace(/[?#].*$/s, '').slice(0, 200))} cannot be used: it names no file.`,
    { hint: 'Write the address of a file, such as s3://bucket/raw/days.csv.' },
  )
}
