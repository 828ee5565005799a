import { resolve } from 'node:path'

import type { Catalog } from '../catalog/entry.ts'
import { didYouMean } from '../definition/nearest.ts'
import { ConfigError } from '../errors.ts'
import type { CatalogFactories } from './catalog-factories.ts'
import { checkTree, positionAt } from './check-tree.ts'
import { openReader } from './config-reader.ts'
import { Credentials } from './credentials.ts'
import { runtimeTree } from './interpolate.ts'
import { at } from './limits.ts'
import { mlflowRemarks, type ConfigRemark } from './mlflow-remarks.ts'
import { MlflowSchema, type MlflowConfig } from './mlflow-schema.ts'
import { readParameters, type Parameters } from './parameters.ts'
import { PipewrightSchema, type PipewrightConfig } from './pipewright-schema.ts'
import { readCatalog } from './read-catalog.ts'
import { SchedulesSchema, type SchedulesConfig } from './schedules-schema.ts'
import { plain, type MapTree, type Position, type Tree } from './tree.ts'

/** Everything that the folders `conf/base` and `conf/<env>` say, merged, interpolated and checked. */
export interface Config {
  readonly root: string
  readonly env: string
  /** The files that were read, relative to the root, in order. */
  readonly files: readonly string[]
  /** Datasets that the catalog names. `catalogFor` adds those that its factories make. */
  readonly catalog: Catalog
  readonly factories: CatalogFactories
  readonly parameters: Parameters
  readonly globals: Readonly<Record<string, unknown>>
  /** Entries of `credentials.yml`, each resolved when it is asked for. */
  readonly credentials: Credentials
  readonly mlflow: MlflowConfig
  readonly pipewright: PipewrightConfig
  /** Content of `schedules.yml`. */
  readonly schedules: SchedulesConfig
  /** Runtime params that the configuration refers to, by their names. */
  readonly runtimeParams: readonly string[]
  /** Valid settings that change nothing, for whoever checks a project. */
  readonly remarks: readonly ConfigRemark[]
}

export interface LoadConfigOptions {
  /** The project's root, as `findProject` gives it. */
  readonly root: string
  /** The folder of `conf` that lies over `base`. Default `local`, which need not be there. */
  readonly env?: string | undefined
  /**
   * Values of `${runtime_params:name}`: nested, or under dotted names. Each run may have its own: with `later`, entries of the
   * catalog and params that need one which has no default are left out. Default: none.
   */
  readonly runtimeParams?: Readonly<Record<string, unknown>> | 'later' | undefined
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
  const { env = 'local', environment = process.env, runtimeParams: given = {} } = options
  const reader = await openReader({ root, env, isNamed: options.env !== undefined, environment })
  const isLater = given === 'later'
  const runtimeParams = runtimeTree(isLater ? {} : given)

  const globals = await reader.read('globals', 'deep', {})
  const references = { globals, runtimeParams }
  const catalog = await reader.read('catalog', 'entries', {
    ...references,
    leavesOut: isLater ? 'entries' : 'nothing',
    isChosenAtRun: (path) => path.at(-1) !== 'type',
  })
  const parameters = await reader.read('parameters', 'deep', {
    ...references,
    leavesOut: isLater ? 'values' : 'nothing',
  })
  const secrets = { ...references, environmentAllowed: () => true }
  // Each entry apart and when it is needed: a machine that only enqueues need not have the secrets of workers.
  const { names, entryOf } = await reader.entries('credentials', 'deep', secrets)
  const mlflowTree = await reader.read('mlflow', 'deep', {
    ...references,
    environmentAllowed: ([first]) => first === 'server',
    isKept: (resolver, path) => resolver === randomName && path.join('.') === 'tracking.run.name',
  })
  const mlflow = checkMlflow(mlflowTree, names, entryOf)
  const pipewright = await reader.read('pipewright', 'deep', secrets)
  const schedules = await reader.read('schedules', 'entries', references)
  return {
    root,
    env,
    files: reader.files,
    ...readCatalog(catalog, root),
    parameters: readParameters(parameters),
    globals: plainMap(globals),
    credentials: new Credentials(names, entryOf),
    mlflow,
    pipewright: checkTree(pipewright, PipewrightSchema),
    schedules: checkTree(schedules, SchedulesSchema),
    runtimeParams: reader.runtimeParams,
    remarks: mlflowRemarks(mlflowTree, mlflow),
  }
}

/** Of kedro-mlflow: each run has a name of its own, so the adapter resolves it. */
const randomName = 'km.random_name'

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
