import { Readable } from 'node:stream'

import type { TokenCredential } from '@azure/identity'
import type * as Sdk from '@azure/storage-blob'

import type { Secret } from '../config/secret.ts'
import { ConfigError } from '../errors.ts'
import { BucketStorage, type BucketClient } from './bucket-storage.ts'
import { optionalPackage } from './optional-package.ts'
import { shownAddress, type BucketAddress } from './storage-address.ts'
import { credentialFields } from './storage-credentials.ts'
import type { ByteRange } from './storage.ts'

/** Bytes of a block of a stream, and how many are sent at a time. Azure has 50,000 blocks at most. */
const block = { size: 8 * 1024 * 1024, atOnce: 2 }
const retryOptions = { maxTries: 4, retryDelayInMs: 300, maxRetryDelayInMs: 5000 }

/**
 * Opens a container of Azure Blob Storage.
 *
 * @param credentials Settings as adlfs names them. Default: `AZURE_STORAGE_CONNECTION_STRING`, else the account of the address or
 * of `AZURE_STORAGE_ACCOUNT` with Azure's default credential.
 * @throws ConfigError `PACKAGE_MISSING`, `CREDENTIALS_INVALID`
 */
export async function openAzure(
  address: BucketAddress,
  credentials: Secret | undefined,
): Promise<BucketStorage> {
  const url = shownAddress(address)
  const sdk = await optionalPackage('@azure/storage-blob', url, () => import('@azure/storage-blob'))
  const client = await openClient(sdk, address, fieldsOf(credentials, url), url)
  return new BucketStorage(address, new AzureBucket(client.getContainerClient(address.bucket)))
}

function fieldsOf(secret: Secret | undefined, url: string) {
  return credentialFields(
    secret,
    {
      connection: ['connection_string', 'connectionString'],
      account: ['account_name', 'accountName'],
      key: ['account_key', 'accountKey'],
      sas: ['sas_token', 'sasToken'],
      tenant: ['tenant_id', 'tenantId'],
      client: ['client_id', 'clientId'],
      clientSecret: ['client_secret', 'clientSecret'],
      endpoint: ['endpoint_url', 'endpoint', 'account_host'],
      anonymous: ['anon'],
    },
    url,
  )
}

async function openClient(
  sdk: typeof Sdk,
  address: BucketAddress,
  fields: ReturnType<typeof fieldsOf>,
  url: string,
): Promise<Sdk.BlobServiceClient> {
  const { key, sas, anonymous, endpoint } = fields
  const account = address.account ?? fields.account ?? process.env['AZURE_STORAGE_ACCOUNT']
  const environment =
    account === undefined ? process.env['AZURE_STORAGE_CONNECTION_STRING'] : undefined
  const connection = fields.connection ?? environment
  if (connection !== undefined) return fromConnection(sdk, connection, url)
  if (account === undefined)
    throw new ConfigError(
      'CREDENTIALS_INVALID',
      `The credentials for ${url} name no storage account.`,
      {
        hint: 'Give account_name, or a connection_string, or write abfs://container@account.dfs.core.windows.net/path.',
      },
    )
  const service = endpoint ?? `https://${account}.blob.core.windows.net`
  const options = { retryOptions }
  if (key !== undefined)
    return new sdk.BlobServiceClient(
      service,
      new sdk.StorageSharedKeyCredential(account, key),
      options,
    )
  if (sas !== undefined)
    return new sdk.BlobServiceClient(`${service}?${sas.replace(/^\?/, '')}`, undefined, options)
  if (anonymous === 'true') return new sdk.BlobServiceClient(service, undefined, options)
  return new sdk.BlobServiceClient(service, await identity(fields, url), options)
}

function fromConnection(sdk: typeof Sdk, connection: string, url: string): Sdk.BlobServiceClient {
  try {
    return sdk.BlobServiceClient.fromConnectionString(connection, { retryOptions })
  } catch {
    // The error underneath would show what was written.
    throw new ConfigError(
      'CREDENTIALS_INVALID',
      `The connection string for ${url} cannot be read.`,
      {
        hint: 'Copy it whole from the portal: it begins with DefaultEndpointsProtocol=.',
      },
    )
  }
}

/** Of an application, or whoever this machine is to Azure. */
async function identity(
  { tenant, client, clientSecret }: ReturnType<typeof fieldsOf>,
  url: string,
): Promise<TokenCredential> {
  const sdk = await optionalPackage('@azure/identity', url, () => import('@azure/identity'))
  return tenant !== undefined && client !== undefined && clientSecret !== undefined
    ? new sdk.ClientSecretCredential(tenant, client, clientSecret)
    : new sdk.DefaultAzureCredential()
}

class AzureBucket implements BucketClient {
  readonly #container: Sdk.ContainerClient

  constructor(container: Sdk.ContainerClient) {
    this.#container = container
  }

  async read(name: string): Promise<Uint8Array> {
    const pieces: Uint8Array[] = []
    for await (const piece of await this.stream(name, undefined)) pieces.push(piece)
    return Buffer.concat(pieces)
  }

  async write(name: string, bytes: Uint8Array): Promise<void> {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    await this.#blob(name).uploadData(buffer)
  }

  async upload(name: string, pieces: AsyncIterable<Uint8Array>): Promise<void> {
    const source = Readable.from(pieces, { objectMode: false })
    await this.#blob(name).uploadStream(source, block.size, block.atOnce)
  }

  async size(name: string): Promise<number> {
    const { contentLength = 0 } = await this.#blob(name).getProperties()
    return contentLength
  }

  async stream(name: string, range: ByteRange | undefined): Promise<AsyncIterable<Uint8Array>> {
    const length = range && range.end - range.start
    const { readableStreamBody } = await this.#blob(name).download(range?.start, length)
    // In Node there is one, and without an encoding its pieces are bytes.
    return readableStreamBody as unknown as AsyncIterable<Uint8Array>
  }

  async remove(name: string): Promise<void> {
    await this.#blob(name).deleteIfExists({ deleteSnapshots: 'include' })
  }

  async list(prefix: string): Promise<readonly string[]> {
    const names: string[] = []
    for await (const { name } of this.#container.listBlobsFlat({ prefix })) names.push(name)
    return names
  }

  statusOf(error: unknown): number | undefined {
    if (!(error instanceof Error) || !('statusCode' in error)) return undefined
    return typeof error.statusCode === 'number' ? error.statusCode : undefined
  }

  /** An answer to HEAD may say nothing but 404. */
  isAbsent(error: unknown): boolean {
    if (this.statusOf(error) !== 404) return false
    return !(error instanceof Error && 'code' in error && error.code === 'ContainerNotFound')
  }

  #blob(name: string): Sdk.BlockBlobClient {
    return this.#container.getBlockBlobClient(name)
  }
}
