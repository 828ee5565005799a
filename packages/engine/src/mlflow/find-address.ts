import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { getCACertificates } from 'node:tls'

import * as z from 'zod'

import type { Config } from '../config/load-config.ts'
import type { MlflowAddress } from './mlflow-server.ts'

/** Variables by name. */
type Variables = Readonly<Record<string, string | undefined>>

/** What an embedded MLflow leaves in `.pipewright/mlflow.json`. */
const Embedded = z.object({ port: z.int(), pid: z.int().nullable() })

/**
 * Where a project's MLflow is and how it lets us in, or its registry: the variables of the environment, `mlflow.yml`, or
 * the embedded server of the project where one has been started on this machine. Undefined when there is none.
 */
export async function findAddress(
  config: Pick<Config, 'root' | 'mlflow' | 'credentials'>,
  kind: 'tracking' | 'registry',
  environment: Variables = process.env,
): Promise<MlflowAddress | undefined> {
  const { server } = config.mlflow
  const variables = withCredentials(config, environment)
  const registry =
    kind === 'registry' ? variables['MLFLOW_REGISTRY_URI'] || server.mlflow_registry_uri : undefined
  const configured = registry || variables['MLFLOW_TRACKING_URI'] || server.mlflow_tracking_uri
  const found = configured || (await embeddedUri(config.root))
  if (found === undefined) return undefined
  const url = new URL(found)
  const authorization = authorizationOf(url, variables)
  url.username = ''
  url.password = ''
  const { request_header_provider: provider } = server
  const headers =
    provider.type === 'static'
      ? Object.fromEntries(
          Object.entries(provider.init_kwargs).map(([name, value]) => [name, String(value)]),
        )
      : {}
  return {
    uri: url.href,
    headers: { ...headers, ...(authorization !== undefined && { authorization }) },
    tls: await tlsOf(config, variables),
    timeout: server.timeout,
  }
}

/** The environment over what `credentials.yml` holds under the name that `mlflow.yml` gives. */
function withCredentials(
  { mlflow, credentials }: Pick<Config, 'mlflow' | 'credentials'>,
  environment: Variables,
): Variables {
  const name = mlflow.server.credentials
  const entry =
    name === null || !credentials.names.includes(name) ? undefined : credentials.get(name).reveal()
  if (typeof entry !== 'object' || entry === null) return environment
  const texts = Object.entries(entry).map(([name, value]) => [name, String(value)])
  return { ...Object.fromEntries(texts), ...environment }
}

async function embeddedUri(root: string): Promise<string | undefined> {
  try {
    const record = await readFile(join(root, '.pipewright', 'mlflow.json'), 'utf8')
    const { port, pid } = Embedded.parse(JSON.parse(record))
    return pid === null ? undefined : `http://127.0.0.1:${port}`
  } catch {
    return undefined
  }
}

function authorizationOf(url: URL, variables: Variables): string | undefined {
  const user = variables['MLFLOW_TRACKING_USERNAME']?.trim() || decodeURIComponent(url.username)
  const password = variables['MLFLOW_TRACKING_PASSWORD']?.trim() || decodeURIComponent(url.password)
  if (user !== '') return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
  const token = variables['MLFLOW_TRACKING_TOKEN']?.trim()
  return token ? `Bearer ${token}` : undefined
}

async function tlsOf(
  { root, mlflow }: Pick<Config, 'root' | 'mlflow'>,
  variables: Variables,
): Promise<MlflowAddress['tls']> {
  const { ca_file, cert_file, key_file, verify } = mlflow.server.tls
  const ownCertificate = variables['MLFLOW_TRACKING_CLIENT_CERT_PATH'] || undefined
  const read = async (path: string | null | undefined): Promise<string | undefined> =>
    path ? await readFile(resolve(root, path), 'utf8') : undefined
  const ca = await read(variables['MLFLOW_TRACKING_SERVER_CERT_PATH'] || ca_file)
  const cert = await read(ownCertificate ?? cert_file)
  const key = (ownCertificate === undefined ? await read(key_file) : undefined) ?? cert
  const isInsecure = /^(?:true|1)$/i.test(variables['MLFLOW_TRACKING_INSECURE_TLS'] ?? '')
  return {
    // A list of authorities replaces the machine's own.
    ...(ca !== undefined && { ca: [...getCACertificates('default'), ca] }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    rejectUnauthorized: verify && !isInsecure,
  }
}
