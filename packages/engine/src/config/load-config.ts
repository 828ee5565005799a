import { resolve } from 'node:path'

import * as z from 'zod'

import { findDriver } from '../catalog/drivers/index.ts'
import type { Catalog, CatalogEntry } from '../catalog/entry.ts'
import { openStoredFile } from '../catalog/open-storage.ts'
import { assertName } from '../definition/name.ts'
import { didYouMean } from '../definition/nearest.ts'
import { ConfigError, PipelineError } from '../errors.ts'
import { entrySchema, FileEntry } from './catalog-schema.ts'
import { checkTree, positionAt } from './check-tree.ts'
import { Credentials } from './credentials.ts'
import {
  interpolate,
  interpolateEntry,
  runtimeTree,
  withoutTemplates,
  type Interpolation,
} from './interpolate.ts'
import { at } from './limits.ts'
import { nestDottedKeys, overlay, type Overlay } from './merge.ts'
import { mlflowRemarks, type ConfigRemark } from './mlflow-remarks.ts'
import { MlflowSchema, type MlflowConfig } from './mlflow-schema.ts'
import { readParameters, type Parameters } from './parameters.ts'
import { PipewrightSchema, type PipewrightConfig } from './pipewright-schema.ts'
import { openFolder, type ConfigFolder, type FileKind } from './read-folder.ts'
import { SchedulesSchema, type SchedulesConfig } from './schedules-schema.ts'
import { descend, mapTree, plain, type MapTree, type Position, type Tree } from './tree.ts'

/** Everything that the folders `conf/base` and `conf/<env>` say, merged, interpolated and checked. */
export interface Config {
  readonly root: string
  readonly env: string
  /** The files that were read, relative to the root, in order. */
  readonly files: readonly string[]
  readonly catalog: Catalog
  readonly parameters: Parameters
  readonly globals: Readonly<Record<string, unknown>>
  /** Entries of `credentials.yml`, each resolved when it is asked for. */
  readonly credentials: Credentials
  readonly mlflow: MlflowConfig
  readonly pipewright: PipewrightConfig
  /** Content of `schedules.yml`. */
  readonly schedules: SchedulesConfig
  /** Valid settings that change nothing, for whoever checks a project. */
  readonly remarks: readonly ConfigRemark[]
}

export interface LoadConfigOptions {
  /** The project's root, as `findProject` gives it. */
  readonly root: string
  /** The folder of `conf` that lies over `base`. Default `local`, which need not be there. */
  readonly env?: string | undefined
  /** Values of `${runtime_params:name}`: nested, or under dotted names. Default: none. */
  readonly runtimeParams?: Readonly<Record<string, unknown>> | undefined
  /** Values of `${oc.env:NAME}`. Default `process.env`. */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined
}

/**
 * Reads a project's configuration. Every error names file, line and column.
 *
 * @throws ConfigError `CONFIG_ENV_NOT_FOUND`, `CONFIG_UNREADABLE`, `CONFIG_SYNTAX`, `CONFIG_TOO_LARGE`,
 * `CONFIG_DUPLICATE_KEY`, `CONFIG_KEY_REFUSED`, `CONFIG_UNKNOWN_KEY`, `CONFIG_INVALID`, `CONFIG_INTERPOLATION`,
 * `CONFIG_ENV_REFUSED`, `DATASET_TYPE_UNKNOWN`
 */
export async function loadConfig(options: LoadConfigOptions): Promise<Config> {
  const root = resolve(options.root)
  const env = options.env ?? 'local'
  const files: string[] = []
  const folders = await openFolders(root, env, options.env !== undefined, (file) =>
    files.push(file),
  )
  const runtimeParams = runtimeTree(options.runtimeParams ?? {})
  const environment = options.environment ?? process.env

  const merge = async (name: string, how: Overlay): Promise<MapTree> =>
    readMerged(folders, { name, many: name === 'catalog' || name === 'parameters' }, how)
  const read = async (
    name: string,
    how: Overlay,
    settings: Partial<Interpolation>,
  ): Promise<MapTree> => {
    const merged = await merge(name, how)
    return withoutTemplates(interpolate(merged, { ...nothing, environment, ...settings }))
  }
  const globals = await read('globals', 'deep', {})
  const references = { globals, runtimeParams }
  const catalog = await read('catalog', 'entries', references)
  const parameters = await read('parameters', 'deep', references)
  const secrets = { ...references, environmentAllowed: () => true }
  const secretTree = await merge('credentials', 'deep')
  // Each entry apart and when it is needed: a machine that only enqueues need not have the secrets of workers.
  const secretEntry = (name: string): Tree | undefined =>
    interpolateEntry(secretTree, name, { ...nothing, environment, ...secrets })
  const connection = {
    ...references,
    environmentAllowed: ([first]: readonly string[]) => first === 'server',
    isKept: (resolver: string, path: readonly string[]) =>
      resolver === randomName && path.join('.') === 'tracking.run.name',
  }
  const mlflowTree = await read('mlflow', 'deep', connection)
  const names = [...withoutTemplates(secretTree).entries.keys()]
  const mlflow = checkMlflow(mlflowTree, names, secretEntry)
  const pipewright = await read('pipewright', 'deep', secrets)
  const schedules = await read('schedules', 'entries', references)
  return {
    root,
    env,
    files,
    catalog: checkCatalog(catalog, root),
    parameters: readParameters(parameters),
    globals: plainMap(globals),
    credentials: new Credentials(names, secretEntry),
    mlflow,
    pipewright: checkTree(pipewright, PipewrightSchema),
    schedules: checkTree(schedules, SchedulesSchema),
    remarks: mlflowRemarks(mlflowTree, mlflow),
  }
}

/** Of kedro-mlflow: each run has a name of its own, so the adapter resolves it. */
const randomName = 'km.random_name'

const nothing: Interpolation = {
  globals: undefined,
  runtimeParams: undefined,
  environment: {},
  environmentAllowed: () => false,
  isKept: () => false,
}

async function openFolders(
  root: string,
  env: string,
  named: boolean,
  onFile: (file: string) => void,
): Promise<readonly ConfigFolder[]> {
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/.test(env))
    throw environmentNotFound(env, 'is not the name of an environment')
  const base = await openFolder(root, 'conf/base', onFile)
  const over = env === 'base' ? undefined : await openFolder(root, `conf/${env}`, onFile)
  if (over === undefined && named && env !== 'base' && env !== 'local') {
    throw environmentNotFound(env, `has no folder conf/${env} in ${root}`)
  }
  return [base, over].filter((folder) => folder !== undefined)
}

async function readMerged(
  folders: readonly ConfigFolder[],
  kind: FileKind,
  how: Overlay,
): Promise<MapTree> {
  const trees: MapTree[] = []
  for (const folder of folders) {
    // Base first, so that of two mistakes the same one is always told.
    // oxlint-disable-next-line no-await-in-loop
    const tree = await folder.read(kind)
    trees.push(kind.name === 'parameters' ? nestDottedKeys(tree) : tree)
  }
  const [first, ...rest] = trees
  if (first === undefined) return runtimeTree({})
  return rest.reduce(
    (below, tree) => (tree.entries.size === 0 ? below : overlay(below, tree, how)),
    first,
  )
}

function checkCatalog(tree: MapTree, root: string): Catalog {
  const groups = Map.groupBy(tree.entries, ([name]) => {
    const type = typeAt(tree, name)
    const schema = entrySchema(type)
    if (schema !== undefined) return schema
    // Else its settings would be told wrong, not its misspelt type.
    findDriver(String(type), positionAt(tree, [name, 'type']))
    return FileEntry
  })
  const entries = new Map<string, CatalogEntry>()
  for (const [schema, group] of groups) {
    const part = checkTree(mapTree(tree.position, new Map(group)), z.record(z.string(), schema))
    for (const [name, entry] of Object.entries(part)) entries.set(name, entry)
  }
  return Object.fromEntries(
    [...tree.entries.keys()].flatMap((name) => {
      const entry = entries.get(name)
      return entry === undefined ? [] : [[name, checkEntry(tree, root, name, entry)]]
    }),
  )
}

function typeAt(tree: MapTree, name: string): unknown {
  const type = descend(tree, [name, 'type'])
  return type?.kind === 'scalar' ? type.value : undefined
}

/** Checks what the schema cannot, and replaces an alias of a type by its driver's name. */
function checkEntry(tree: MapTree, root: string, name: string, entry: CatalogEntry): CatalogEntry {
  const keyPosition = tree.entries.get(name)?.keyPosition ?? tree.position
  try {
    assertName('dataset', name)
  } catch (error) {
    if (!(error instanceof PipelineError)) throw error
    throw new ConfigError('CONFIG_INVALID', `${at(keyPosition)}: ${error.message}`, {
      position: keyPosition,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
    })
  }
  const inner = entry.mlflow?.kind === 'artifact' ? [name, 'dataset'] : [name]
  const driver = findDriver(entry.type, positionAt(tree, [...inner, 'type']))
  if (entry.filepath !== null)
    checkPlace(name, entry.filepath, root, positionAt(tree, [...inner, 'filepath']))
  return { ...entry, type: driver.name }
}

/** Checks that there is a storage for an address. */
function checkPlace(dataset: string, filepath: string, root: string, position: Position): void {
  try {
    openStoredFile(filepath, root)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    throw new ConfigError(
      'CONFIG_INVALID',
      `${at(position)}: Dataset '${dataset}' lies where Pipewright has no storage: ${error.message}`,
      { position, ...(error.hint !== undefined && { hint: error.hint }) },
    )
  }
}

/** Checks `mlflow.yml`, and that the credentials that it names are there. */
function checkMlflow(
  tree: MapTree,
  names: readonly string[],
  entryOf: (name: string) => Tree | undefined,
): MlflowConfig {
  const mlflow = checkTree(tree, MlflowSchema)
  const name = mlflow.server.credentials
  if (name === null) return mlflow
  const entry = names.includes(name) ? entryOf(name) : undefined
  if (entry === undefined)
    throw invalidMlflow(
      positionAt(tree, ['server', 'credentials']),
      `"${name}" is not in credentials.yml`,
      didYouMean(name, names, 'credentials'),
    )
  const variables = entry.kind === 'map' ? entry.entries : undefined
  if (variables === undefined)
    throw invalidMlflow(entry.position, `"${name}" is no map of variables`, credentialsHint)
  for (const [variable, { keyPosition, value }] of variables)
    if (value.kind !== 'scalar' || !/^[A-Za-z_]\w*$/.test(variable))
      throw invalidMlflow(
        keyPosition,
        `"${variable.slice(0, 100)}" is no variable with a value`,
        credentialsHint,
      )
  return mlflow
}

const credentialsHint =
  'Write MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN, each with its value.'

function invalidMlflow(position: Position, what: string, hint: string): ConfigError {
  return new ConfigError('CONFIG_INVALID', `${at(position)}: ${what}.`, { position, hint })
}

function plainMap(tree: MapTree): Readonly<Record<string, unknown>> {
  return Object.fromEntries([...tree.entries].map(([key, { value }]) => [key, plain(value)]))
}

function environmentNotFound(env: string, what: string): ConfigError {
  return new ConfigError(
    'CONFIG_ENV_NOT_FOUND',
    `The environment ${JSON.stringify(env.slice(0, 100))} ${what}.`,
    {
      hint: 'Make the folder under conf, or choose another with --env.',
    },
  )
}
