import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

import { ConfigError, PipewrightError } from '../errors.ts'
import { pathParts } from './storage-path.ts'

/** Where bytes lie, as an address says it. */
export type StorageAddress = LocalAddress | BucketAddress | HttpAddress

export interface LocalAddress {
  readonly kind: 'local'
  /** Absolute. */
  readonly path: string
}

export interface BucketAddress {
  readonly kind: 's3' | 'gcs' | 'azure'
  /** Bucket or container. */
  readonly bucket: string
  /** Path in the bucket, without `/` at its ends; empty for the bucket itself. */
  readonly path: string
  /** The storage account of Azure, where the address names it: `abfs://container@account.dfs.core.windows.net/path`. */
  readonly account?: string
}

export interface HttpAddress {
  readonly kind: 'http'
  readonly url: URL
}

const bucketKinds: Readonly<Record<string, BucketAddress['kind']>> = {
  s3: 's3',
  s3a: 's3',
  s3n: 's3',
  gs: 'gcs',
  gcs: 'gcs',
  az: 'azure',
  abfs: 'azure',
  abfss: 'azure',
}

const schemes: Readonly<Record<BucketAddress['kind'], string>> = {
  s3: 's3',
  gcs: 'gs',
  azure: 'az',
}
const bucketName = /^[A-Za-z0-9$](?:[A-Za-z0-9._-]{0,220}[A-Za-z0-9])?$/
const azureHost = /^(?<account>[a-z0-9]{3,24})\.(?:dfs|blob)\.core\.windows\.net$/

/**
 * Takes an address apart: a plain path, `file://`, `s3://bucket/path`, `gs://bucket/path`, `az://container/path`,
 * `abfs://container@account.dfs.core.windows.net/path`, `http(s)://…`. Undefined for a scheme that nobody here knows and for
 * a `file://` of another machine.
 *
 * @param root The project's root, from which plain paths count.
 * @throws ConfigError `STORAGE_ADDRESS_INVALID`
 */
export function storageAddress(address: string, root: string): StorageAddress | undefined {
  const { scheme, rest = '' } =
    /^(?<scheme>[A-Za-z][A-Za-z0-9+.-]*):\/\/(?<rest>.*)$/s.exec(address)?.groups ?? {}
  if (scheme === undefined) return { kind: 'local', path: resolve(root, address) }
  const name = scheme.toLowerCase()
  if (name === 'file') return localAddress(address)
  if (name === 'http' || name === 'https') return httpAddress(address)
  const kind = Object.hasOwn(bucketKinds, name) ? bucketKinds[name] : undefined
  return kind === undefined ? undefined : bucketAddress(kind, address, rest)
}

/** The address of a bucket for people and records: it holds no secret. */
export function shownAddress({ kind, bucket, path, account }: BucketAddress): string {
  const scheme = account === undefined ? schemes[kind] : 'abfs'
  const host = account === undefined ? bucket : `${bucket}@${account}.dfs.core.windows.net`
  return path === '' ? `${scheme}://${host}` : `${scheme}://${host}/${path}`
}

/** An HTTP address for people and records: without user, password, and what may be a signature. */
export function shownUrl(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname.replace(/\/$/, '')}`
}

function localAddress(address: string): LocalAddress | undefined {
  try {
    return { kind: 'local', path: fileURLToPath(address) }
  } catch {
    return undefined
  }
}

function httpAddress(address: string): HttpAddress {
  const url = URL.canParse(address) ? new URL(address) : undefined
  if (url === undefined) throw invalid(address, 'it is no address')
  if (url.username !== '' || url.password !== '')
    throw invalid(
      `${url.protocol}//…@${url.host}`,
      'it holds a user or password',
      'Put them under a key of credentials.yml, as username and password, and name the key as the entry’s credentials.',
    )
  url.hash = ''
  return { kind: 'http', url }
}

function bucketAddress(kind: BucketAddress['kind'], address: string, rest: string): BucketAddress {
  const [host, tail] = atSlash(rest)
  const path = tail.replace(/\/+$/, '')
  const [bucket = '', server] = kind === 'azure' ? host.split('@') : [host]
  const account = server && azureHost.exec(server)?.groups?.['account']
  if (!bucketName.test(bucket) || (server !== undefined && !account))
    throw invalid(`${schemes[kind]}://…`, 'its first part is no name of a bucket or container')
  checkPath(address, path)
  return { kind, bucket, path, ...(account && { account }) }
}

/** What stands before the first slash, and behind it. */
function atSlash(rest: string): readonly [string, string] {
  const slash = rest.indexOf('/')
  return slash === -1 ? [rest, ''] : [rest.slice(0, slash), rest.slice(slash + 1)]
}

function checkPath(address: string, path: string): void {
  if (path === '') return
  try {
    pathParts(path)
  } catch (error) {
    if (!(error instanceof PipewrightError)) throw error
    throw invalid(address, 'a part of its path is empty, "." or "..", or holds a backslash or NUL')
  }
}

function invalid(
  address: string,
  reason: string,
  hint = 'Write s3://bucket/path, gs://bucket/path, az://container/path or https://host/path. Secrets belong in credentials.yml.',
): ConfigError {
  return new ConfigError(
    'STORAGE_ADDRESS_INVALID',
    `The address ${JSON.stringify(address.slice(0, 200))} cannot be used: ${reason}.`,
    { hint },
  )
}
