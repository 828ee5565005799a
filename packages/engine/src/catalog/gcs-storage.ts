import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

import type * as Sdk from '@google-cloud/storage'

import type { Secret } from '../config/secret.ts'
import { ConfigError } from '../errors.ts'
import { BucketStorage, type BucketClient } from './bucket-storage.ts'
import { optionalPackage } from './optional-package.ts'
import { shownAddress, type BucketAddress } from './storage-address.ts'
import { credentialFields } from './storage-credentials.ts'
import type { ByteRange } from './storage.ts'

/** Where anonymous readers go: the SDK signs no request to an endpoint that it was given. */
const publicEndpoint = 'https://storage.googleapis.com'
/** Bytes that go in one request; more go in pieces that can be sent again one by one. */
const longestRequest = 64 * 1024 * 1024
/** Bytes of such a piece. */
const chunkSize = 8 * 1024 * 1024

/**
 * Opens a bucket of Google Cloud Storage.
 *
 * @param credentials Settings as gcsfs names them, or the content of a service account's key file. Default: as the SDK finds
 * its own, from environment, key file or metadata service.
 * @throws ConfigError `PACKAGE_MISSING`, `CREDENTIALS_INVALID`
 */
export async function openGcs(
  address: BucketAddress,
  credentials: Secret | undefined,
): Promise<BucketStorage> {
  const url = shownAddress(address)
  const sdk = await optionalPackage(
    '@google-cloud/storage',
    url,
    () => import('@google-cloud/storage'),
  )
  const client = new sdk.Storage(clientSettings(sdk, credentials, url))
  return new BucketStorage(address, new GcsBucket(client.bucket(address.bucket)))
}

function clientSettings(
  sdk: typeof Sdk,
  secret: Secret | undefined,
  url: string,
): Sdk.StorageOptions {
  const keyFile = ['type', 'private_key_id', 'client_id', 'auth_uri', 'token_uri']
  const certificates = ['auth_provider_x509_cert_url', 'client_x509_cert_url', 'universe_domain']
  const fields = credentialFields(
    secret,
    {
      token: ['token', 'keyFilename', 'key_file'],
      project: ['project', 'projectId', 'project_id'],
      endpoint: ['endpoint_url', 'endpoint', 'apiEndpoint'],
      email: ['client_email'],
      key: ['private_key'],
      anonymous: ['anon'],
      ignored: [...keyFile, ...certificates],
    },
    url,
  )
  const isAnonymous = fields.anonymous === 'true' || fields.token === 'anon'
  const endpoint = fields.endpoint ?? (isAnonymous ? publicEndpoint : undefined)
  return {
    // Also writes: the same content under the same name, so a second one changes nothing.
    retryOptions: {
      maxRetries: 3,
      totalTimeout: 60,
      idempotencyStrategy: sdk.IdempotencyStrategy.RetryAlways,
    },
    ...(endpoint !== undefined && { apiEndpoint: endpoint }),
    // Without one the SDK asks around for it, also where there is nobody to ask.
    ...((fields.project ?? endpoint) !== undefined && { projectId: fields.project ?? 'none' }),
    ...(isAnonymous ? {} : signIn(fields, url)),
  }
}

function signIn(
  {
    token,
    email,
    key,
  }: { readonly token?: string; readonly email?: string; readonly key?: string },
  url: string,
): Pick<Sdk.StorageOptions, 'credentials' | 'keyFilename'> {
  if (email !== undefined && key !== undefined)
    return { credentials: { client_email: email, private_key: key } }
  // Of gcsfs: where it looks by itself.
  if (token === undefined || ['google_default', 'cloud', 'cache'].includes(token)) return {}
  if (!token.startsWith('{')) return { keyFilename: token }
  try {
    // Nothing of it is used that the SDK does not check.
    return { credentials: JSON.parse(token) as NonNullable<Sdk.StorageOptions['credentials']> }
  } catch {
    // The error underneath would show what was written.
    throw new ConfigError(
      'CREDENTIALS_INVALID',
      `The credentials for ${url} have a token that is no JSON.`,
      {
        hint: 'Give the path of a key file, or its content as a map.',
      },
    )
  }
}

class GcsBucket implements BucketClient {
  readonly #bucket: Sdk.Bucket

  constructor(bucket: Sdk.Bucket) {
    this.#bucket = bucket
  }

  async read(name: string): Promise<Uint8Array> {
    const [bytes] = await this.#bucket.file(name).download({ decompress: false })
    return bytes
  }

  async write(name: string, bytes: Uint8Array): Promise<void> {
    const resumable = bytes.byteLength > longestRequest
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    await this.#bucket.file(name).save(buffer, { resumable })
  }

  async upload(name: string, pieces: AsyncIterable<Uint8Array>): Promise<void> {
    const target = this.#bucket.file(name).createWriteStream({ resumable: true, chunkSize })
    await pipeline(Readable.from(pieces, { objectMode: false }), target)
  }

  async size(name: string): Promise<number> {
    const [{ size = 0 }] = await this.#bucket.file(name).getMetadata()
    return Number(size)
  }

  async stream(name: string, range: ByteRange | undefined): Promise<AsyncIterable<Uint8Array>> {
    // The stream itself would tell only when it is read.
    if (range === undefined) await this.size(name)
    // A part has no checksum of its own.
    const part = range && { start: range.start, end: range.end - 1, validation: false }
    return this.#bucket.file(name).createReadStream({ decompress: false, ...part })
  }

  async remove(name: string): Promise<void> {
    await this.#bucket.file(name).delete({ ignoreNotFound: true })
  }

  async list(prefix: string): Promise<readonly string[]> {
    const [files] = await this.#bucket.getFiles({ prefix })
    return files.map(({ name }) => name)
  }

  statusOf(error: unknown): number | undefined {
    if (!(error instanceof Error) || !('code' in error)) return undefined
    const code = Number(error.code)
    return Number.isInteger(code) ? code : undefined
  }

  isAbsent(error: unknown): boolean {
    const isBucket = error instanceof Error && /bucket does not exist/i.test(error.message)
    return this.statusOf(error) === 404 && !isBucket
  }
}
