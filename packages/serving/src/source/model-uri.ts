import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

import { UsageError } from '@pipewright/engine'

/** Which model is meant, and how it is found. */
export type ModelUri =
  | { readonly kind: 'alias'; readonly name: string; readonly alias: string }
  /** `latest` is the highest number. */
  | { readonly kind: 'version'; readonly name: string; readonly version: number | 'latest' }
  /** A model by its own id, registered or not. */
  | { readonly kind: 'logged'; readonly id: string }
  | { readonly kind: 'run'; readonly run: string; readonly path: string }
  | { readonly kind: 'folder'; readonly path: string }

const hint =
  'Write models:/NAME@alias, models:/NAME/3, models:/NAME/latest, models:/m-ID, runs:/RUN/path, or the path of a folder.'

/**
 * Reads the address of a model, as MLflow writes them.
 *
 * @throws UsageError `INVALID_MODEL_URI`
 */
export function parseModelUri(uri: string): ModelUri {
  if (uri.startsWith('models:')) return parseModels(uri)
  const run = /^runs:\/+(?<run>[^/]+)\/(?<path>.+)$/.exec(uri)?.groups
  if (run !== undefined) {
    return { kind: 'run', run: run['run'] ?? '', path: (run['path'] ?? '').replace(/\/+$/, '') }
  }
  if (uri.startsWith('file:')) return { kind: 'folder', path: fileURLToPath(uri) }
  if (/^[a-z][a-z0-9+.-]+:/i.test(uri) || uri === '') throw invalid(uri)
  return { kind: 'folder', path: resolve(uri) }
}

function parseModels(uri: string): ModelUri {
  const rest = /^models:\/+(?<rest>.*)$/.exec(uri)?.groups?.['rest'] ?? ''
  const alias = /^(?<name>[^/@]+)@(?<alias>[^/@]+)$/.exec(rest)?.groups
  if (alias !== undefined) {
    return { kind: 'alias', name: decoded(alias['name']), alias: decoded(alias['alias']) }
  }
  const version = /^(?<name>[^/@]+)\/(?<version>\d+|latest)$/.exec(rest)?.groups
  if (version !== undefined) {
    const number = version['version'] === 'latest' ? 'latest' : Number(version['version'])
    return { kind: 'version', name: decoded(version['name']), version: number }
  }
  if (/^m-[0-9a-f]+$/.test(rest)) return { kind: 'logged', id: rest }
  throw invalid(uri)
}

function decoded(text = ''): string {
  return decodeURIComponent(text)
}

function invalid(uri: string): UsageError {
  return new UsageError('INVALID_MODEL_URI', `${JSON.stringify(uri)} names no model.`, { hint })
}
