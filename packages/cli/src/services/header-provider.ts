import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

import { ConfigError, type MlflowHeaderProvider, type MlflowHeaders } from '@pipewright/engine'

import { messageOf } from '../error-report.ts'
import type { OpenedConfig } from '../project/open-project.ts'

/** What gives the headers of each request. */
type Headers = () => MlflowHeaders | Promise<MlflowHeaders>

/**
 * The provider of headers that `mlflow.yml` names, made ready; undefined when it names none.
 *
 * @throws ConfigError `HEADER_PROVIDER_INVALID`
 */
export async function headerProvider({
  root,
  config,
}: Pick<OpenedConfig, 'root' | 'config'>): Promise<Headers | undefined> {
  const { type, pass_context, init_kwargs } = config.mlflow.server.request_header_provider
  if (type === null) return undefined
  if (type === 'static') return () => texts(init_kwargs, 'init_kwargs')
  const [path = '', name = 'default'] = type.split('#')
  const { env, globals, credentials } = config
  try {
    const made = await load(resolve(root, path), name)
    const context = pass_context
      ? { root, env, globals, credentials: credentials.plain() }
      : undefined
    const headers = await made(init_kwargs, context)
    if (typeof headers !== 'function') throw new Error('it returns no function')
    return async () => texts(await headers(), type)
  } catch (error) {
    throw new ConfigError(
      'HEADER_PROVIDER_INVALID',
      `mlflow.yml: server.request_header_provider names ${type}, which cannot be used: ${messageOf(error)}.`,
      {
        hint: 'Export a function as MlflowHeaderProvider of @pipewright/engine says; docs/reference/mlflow-yml.md shows one.',
        cause: error,
      },
    )
  }
}

async function load(path: string, name: string): Promise<MlflowHeaderProvider> {
  // A module is an object.
  const module = (await import(pathToFileURL(path).href)) as Readonly<Record<string, unknown>>
  const exported = module[name]
  if (typeof exported !== 'function') throw new Error(`its export "${name}" is no function`)
  // What it returns is checked when it was called.
  return exported as MlflowHeaderProvider
}

/** A provider may be JavaScript: what it gives is checked, and no value is ever told. */
function texts(headers: unknown, whose: string): MlflowHeaders {
  if (typeof headers !== 'object' || headers === null)
    throw new Error(`${whose} gives no headers, but ${typeof headers}`)
  for (const [name, value] of Object.entries(headers))
    if (typeof value !== 'string') throw new Error(`${whose} gives no text for the header ${name}`)
  // Each value was seen to be text.
  return headers as MlflowHeaders
}
