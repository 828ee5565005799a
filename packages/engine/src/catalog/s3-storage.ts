import type * as Sdk from '@aws-sdk/client-s3'
import * as z from 'zod'

import type { Secret } from '../config/secret.ts'
import { BucketStorage, type BucketClient } from './bucket-storage.ts'
import { inPieces } from './byte-pieces.ts'
import { optionalPackage } from './optional-package.ts'
import { shownAddress, type BucketAddress } from './storage-address.ts'
import { credentialFields } from './storage-credentials.ts'
import type { ByteRange } from './storage.ts'

/** Bytes up to which an object is written with one request. S3 wants at least 5 MiB in a part, and has 10,000 parts at most. */
const firstPart = 16 * 1024 * 1024
/** Parts after which they double, so that 10,000 of them reach S3's longest object. */
const partsOfOneSize = 2000
/** Milliseconds until a connection is there, and without a byte on it. */
const timeouts = { connectionTimeout: 10_000, socketTimeout: 60_000 }

/**
 * Opens a bucket of S3, or of a server that speaks its language.
 *
 * @param credentials Settings as s3fs and boto3 name them. Default: as the SDK finds its own, from environment, profile or role.
 * @throws ConfigError `PACKAGE_MISSING`, `CREDENTIALS_INVALID`
 */
export async function openS3(
  address: BucketAddress,
  credentials: Secret | undefined,
): Promise<BucketStorage> {
  const url = shownAddress(address)
  const sdk = await optionalPackage('@aws-sdk/client-s3', url, () => import('@aws-sdk/client-s3'))
  const client = new sdk.S3Client(clientSettings(credentials, url))
  return new BucketStorage(address, new S3Bucket(sdk, client, address.bucket))
}

function clientSettings(secret: Secret | undefined, url: string): Sdk.S3ClientConfig {
  const fields = credentialFields(
    secret,
    {
      id: ['key', 'aws_access_key_id', 'accessKeyId'],
      key: ['secret', 'aws_secret_access_key', 'secretAccessKey'],
      token: ['token', 'aws_session_token', 'sessionToken'],
      endpoint: ['endpoint_url', 'endpoint'],
      region: ['region_name', 'region'],
      anonymous: ['anon'],
    },
    url,
  )
  const { id, key, token, endpoint } = fields
  const region =
    fields.region ??
    (process.env['AWS_REGION'] || process.env['AWS_DEFAULT_REGION'] || undefined) ??
    (endpoint === undefined ? undefined : 'us-east-1')
  return {
    requestHandler: timeouts,
    ...(region !== undefined && { region }),
    ...(endpoint !== undefined && {
      endpoint,
      // Other servers than Amazon's seldom have a host name for each bucket, nor the newest checksums.
      forcePathStyle: true,
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
    }),
    ...(id !== undefined &&
      key !== undefined && {
        credentials: {
          accessKeyId: id,
          secretAccessKey: key,
          ...(token !== undefined && { sessionToken: token }),
        },
      }),
    ...(fields.anonymous === 'true' && {
      credentials: { accessKeyId: '', secretAccessKey: '' },
      signer: { sign: (request) => Promise.resolve(request) },
    }),
  }
}

/** What the SDK's errors tell of the answer. */
const Answered = z.object({
  $metadata: z.object({ httpStatusCode: z.number().optional() }).optional(),
  $response: z.object({ statusCode: z.number().optional() }).optional(),
})

interface ObjectKey {
  readonly Bucket: string
  readonly Key: string
}

class S3Bucket implements BucketClient {
  readonly #sdk: typeof Sdk
  readonly #client: Sdk.S3Client
  readonly #bucket: string

  constructor(sdk: typeof Sdk, client: Sdk.S3Client, bucket: string) {
    this.#sdk = sdk
    this.#client = client
    this.#bucket = bucket
  }

  async read(name: string): Promise<Uint8Array> {
    const { Body } = await this.#client.send(new this.#sdk.GetObjectCommand(this.#key(name)))
    return (await Body?.transformToByteArray()) ?? new Uint8Array()
  }

  async write(name: string, bytes: Uint8Array): Promise<void> {
    if (bytes.byteLength <= firstPart * 4) await this.#put(this.#key(name), bytes)
    else await this.upload(name, slices(bytes))
  }

  /** Nothing shows until all parts are there; of an upload that fails nothing is left. */
  async upload(
    name: string,
    pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  ): Promise<void> {
    const key = this.#key(name)
    const parts = inPieces(pieces, (index) => firstPart * 2 ** Math.floor(index / partsOfOneSize))
    const first = await parts.next()
    if (first.done === true) return await this.#put(key, new Uint8Array())
    if (first.value.byteLength < firstPart) return await this.#put(key, first.value)
    const { UploadId } = await this.#client.send(new this.#sdk.CreateMultipartUploadCommand(key))
    const upload = { ...key, UploadId }
    try {
      const Parts = [await this.#part(upload, 1, first.value)]
      for await (const part of parts) Parts.push(await this.#part(upload, Parts.length + 1, part))
      const complete = { ...upload, MultipartUpload: { Parts } }
      await this.#client.send(new this.#sdk.CompleteMultipartUploadCommand(complete))
    } catch (error) {
      const abort = new this.#sdk.AbortMultipartUploadCommand(upload)
      // The error that ended the upload is the one to tell; parts that stay are a matter of the bucket's lifecycle rule.
      await this.#client.send(abort).catch(() => undefined)
      throw error
    }
  }

  async size(name: string): Promise<number> {
    const head = new this.#sdk.HeadObjectCommand(this.#key(name))
    const { ContentLength = 0 } = await this.#client.send(head)
    return ContentLength
  }

  async stream(name: string, range: ByteRange | undefined): Promise<AsyncIterable<Uint8Array>> {
    const Range = range && `bytes=${range.start}-${range.end - 1}`
    const get = new this.#sdk.GetObjectCommand({ ...this.#key(name), Range })
    const { Body } = await this.#client.send(get)
    // In Node a body is a readable stream.
    return Body as AsyncIterable<Uint8Array>
  }

  async remove(name: string): Promise<void> {
    await this.#client.send(new this.#sdk.DeleteObjectCommand(this.#key(name)))
  }

  async list(Prefix: string): Promise<readonly string[]> {
    const pages = this.#sdk.paginateListObjectsV2(
      { client: this.#client },
      { Bucket: this.#bucket, Prefix },
    )
    const names: string[] = []
    for await (const { Contents = [] } of pages)
      for (const { Key } of Contents) if (Key !== undefined) names.push(Key)
    return names
  }

  statusOf(error: unknown): number | undefined {
    // The SDK found nobody to be: no request went out.
    if (error instanceof Error && error.name === 'CredentialsProviderError') return 401
    const found = Answered.safeParse(error)
    // An answer that is no XML has a status all the same: some gateways say no in a page.
    return found.data?.$metadata?.httpStatusCode ?? found.data?.$response?.statusCode
  }

  /** An answer to HEAD has no body, so it cannot say whether it is the bucket that is missing. */
  isAbsent(error: unknown): boolean {
    return error instanceof Error && (error.name === 'NoSuchKey' || error.name === 'NotFound')
  }

  #key(Key: string): ObjectKey {
    return { Bucket: this.#bucket, Key }
  }

  async #put(key: ObjectKey, Body: Uint8Array): Promise<void> {
    const put = new this.#sdk.PutObjectCommand({ ...key, Body, ContentLength: Body.byteLength })
    await this.#client.send(put)
  }

  async #part(
    upload: ObjectKey & { readonly UploadId: string | undefined },
    PartNumber: number,
    Body: Uint8Array,
  ): Promise<Sdk.CompletedPart> {
    const command = new this.#sdk.UploadPartCommand({ ...upload, PartNumber, Body })
    const { ETag } = await this.#client.send(command)
    return { ETag, PartNumber }
  }
}

function* slices(bytes: Uint8Array): Generator<Uint8Array, void, undefined> {
  for (let at = 0; at < bytes.byteLength; at += firstPart) yield bytes.subarray(at, at + firstPart)
}
