import * as z from 'zod'

import type { Dataset } from '../../definition/dataset.ts'
import { ConfigError, DatasetError } from '../../errors.ts'
import { decodeText } from '../decode-text.ts'
import { driverSettings, unheeded } from '../driver-settings.ts'
import type { Driver, ServiceEntry, ServicePlace } from '../driver.ts'
import { sendRequest, type HttpRequest, type HttpResponse } from '../http-request.ts'
import { publicOnly } from '../network-policy.ts'
import { apiCredentials } from './api-credentials.ts'
import { json } from './json.ts'
import { settingInvalid } from './setting-invalid.ts'

const Text = z.union([z.string(), z.number(), z.boolean()])
const Settings = z.strictObject({
  url: z.string().min(1).optional(),
  method: z.enum(['GET', 'POST', 'get', 'post']).optional(),
})
const LoadArgs = z.strictObject({
  /** Added to the address. */
  params: z.record(z.string(), z.union([Text, z.array(Text)])).optional(),
  headers: z.record(z.string(), z.string()).optional(),
  /** Sent as JSON. */
  json: z.unknown().optional(),
  data: z.string().optional(),
  /** Seconds until it is given up. Default 60. */
  timeout: z.number().positive().optional(),
  /** What a node receives. Default: by what the service says that it sends. */
  as: z.enum(['json', 'text', 'bytes']).optional(),
  allow_redirects: unheeded,
})
const SaveArgs = z.strictObject({})

type LoadArgs = z.output<typeof LoadArgs>

/**
 * The answer of an HTTP service, asked anew whenever a node reads it: JSON as its value, else text or bytes. Addresses of
 * private networks are refused unless the project's configuration names them.
 */
export const api: Driver = {
  name: 'api',
  extension: '.json',
  mediaType: 'application/json',
  text: true,
  encode: (_value, { name }: Dataset) => {
    throw new DatasetError(
      'DATASET_NOT_ENCODABLE',
      `Dataset '${name}' cannot be written: the type api is only read.`,
      {
        dataset: name,
        hint: 'Send data to a service in the node itself, with context.idempotencyKey.',
      },
    )
  },
  decode: (bytes, dataset, where) => json.decode(bytes, dataset, where),
  place: apiPlace,
}

function apiPlace(service: ServiceEntry): ServicePlace {
  const { dataset, entry } = service
  const { url: address, method } = driverSettings(
    Settings,
    entry.settings,
    'settings of an api dataset',
  )
  const load = driverSettings(LoadArgs, entry.loadArgs, 'load_args of an api dataset')
  driverSettings(SaveArgs, entry.saveArgs, 'save_args of an api dataset')
  if (address === undefined || !URL.canParse(address))
    throw settingInvalid(dataset, 'there is no address that can be asked', 'Write url: https://….')
  const url = new URL(address)
  if (url.username !== '' || url.password !== '')
    throw settingInvalid(
      dataset,
      'its url holds a password',
      'Put name and password into credentials.yml.',
    )
  const shown = `${url.origin}${url.pathname}`
  return {
    address: shown,
    read: async (wanted) =>
      await ask(service, requestOf(service, url, method, load), { shown, load, wanted }),
  }
}

function requestOf(
  { credentials, network }: ServiceEntry,
  url: URL,
  method: string | undefined,
  load: LoadArgs,
): HttpRequest {
  const body = load.json === undefined ? load.data : JSON.stringify(load.json)
  const implied = body === undefined ? 'GET' : 'POST'
  return {
    url: withParams(url, load.params ?? {}),
    policy: network ?? publicOnly,
    method: method?.toUpperCase() ?? implied,
    headers: {
      accept: 'application/json, */*;q=0.5',
      ...(load.json !== undefined && { 'content-type': 'application/json' }),
      ...load.headers,
    },
    secretHeaders: apiCredentials(credentials?.().reveal()),
    ...(body !== undefined && { body }),
    signal: AbortSignal.timeout((load.timeout ?? 60) * 1000),
  }
}

function withParams(url: URL, params: NonNullable<LoadArgs['params']>): URL {
  const target = new URL(url)
  for (const [name, values] of Object.entries(params))
    for (const value of [values].flat()) target.searchParams.append(name, String(value))
  return target
}

async function ask(
  { dataset, network }: ServiceEntry,
  request: HttpRequest,
  {
    shown,
    load,
    wanted,
  }: { readonly shown: string; readonly load: LoadArgs; readonly wanted: Dataset },
): Promise<unknown> {
  const failed = (reason: string, cause?: unknown): DatasetError =>
    new DatasetError(
      'DATASET_NOT_READABLE',
      `Dataset '${dataset}' cannot be read from ${shown}: ${reason}.`,
      {
        dataset,
        hint: 'Check the address, what the service wants to be sent, and its credentials.',
        cause,
      },
    )
  try {
    const response = await sendRequest(request)
    if (response.status < 200 || response.status > 299) {
      response.end()
      throw failed(`the service answers with ${response.status}`)
    }
    const bytes = await wholeBody(response, (network ?? publicOnly).maxBytes)
    if (bytes === undefined) throw failed('the answer is longer than may be read')
    return valueOf(response, bytes, load, { wanted, shown })
  } catch (error) {
    if (error instanceof DatasetError || error instanceof ConfigError) throw error
    throw failed(error instanceof Error ? error.message.replace(/\.$/, '') : String(error), error)
  }
}

async function wholeBody(response: HttpResponse, most: number): Promise<Uint8Array | undefined> {
  const pieces: Uint8Array[] = []
  let bytes = 0
  for await (const piece of response.body) {
    bytes += piece.byteLength
    if (bytes > most) return undefined
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}

function valueOf(
  { headers }: HttpResponse,
  bytes: Uint8Array,
  { as }: LoadArgs,
  { wanted, shown }: { readonly wanted: Dataset; readonly shown: string },
): unknown {
  const form = as ?? formOf(String(headers['content-type'] ?? ''))
  if (form === 'json') return json.decode(bytes, wanted, shown)
  // A plain Uint8Array, as datasets of bytes are.
  return form === 'text' ? decodeText(bytes, wanted, shown) : new Uint8Array(bytes)
}

/** By what the service says that it sends. */
function formOf(contentType: string): NonNullable<LoadArgs['as']> {
  const type = contentType.replace(/;.*/s, '').trim().toLowerCase()
  if (/^application\/(?:[\w.-]+\+)?json$/.test(type)) return 'json'
  return type.startsWith('text/') || /[+/]xml$/.test(type) ? 'text' : 'bytes'
}
