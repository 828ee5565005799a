import { ConfigError } from '../errors.ts'
import { nestDottedKeys } from './dotted-keys.ts'
import {
  interpolate,
  interpolateEntry,
  runtimeTree,
  withoutTemplates,
  type Interpolation,
} from './interpolate.ts'
import { overlay, type Overlay } from './merge.ts'
import { openFolder, type ConfigFolder, type FileKind } from './read-folder.ts'
import type { MapTree, Tree } from './tree.ts'

/** Reads kinds of configuration from the folders `conf/base` and `conf/<env>`: merged, with references resolved. */
export interface ConfigReader {
  /** The files that were read, relative to the root, in order. */
  readonly files: readonly string[]
  /** Names of the runtime params that were referred to. */
  readonly runtimeParams: readonly string[]
  read(kind: string, how: Overlay, settings: Partial<Interpolation>): Promise<MapTree>
  /** The same for a file whose entries are resolved one by one, each when it is asked for. */
  entries(kind: string, how: Overlay, settings: Partial<Interpolation>): Promise<ConfigEntries>
}

/** Entries of a file. */
export interface ConfigEntries {
  readonly names: readonly string[]
  /** Undefined when there is none of the name. @throws ConfigError `CONFIG_INTERPOLATION` */
  readonly entryOf: (name: string) => Tree | undefined
}

/** What `openReader` needs. */
export interface ConfigReaderOptions {
  readonly root: string
  readonly env: string
  /** True when the user named the environment, so that its folder must be there. */
  readonly isNamed: boolean
  /** Values of `${oc.env:NAME}`. */
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** Kinds of configuration that may lie in several files, as in Kedro: `catalog_scoring.yml`, `parameters/train.yml`. */
const manyFiles: ReadonlySet<string> = new Set(['catalog', 'parameters', 'credentials'])

const nothing: Omit<Interpolation, 'environment' | 'onRuntimeParam'> = {
  globals: undefined,
  runtimeParams: undefined,
  environmentAllowed: () => false,
  isKept: () => false,
  isChosenAtRun: () => true,
  leavesOut: 'nothing',
}

/** Opens the folders. @throws ConfigError `CONFIG_ENV_NOT_FOUND`, `CONFIG_UNREADABLE` */
export async function openReader({
  root,
  env,
  isNamed,
  environment,
}: ConfigReaderOptions): Promise<ConfigReader> {
  const files: string[] = []
  const asked = new Set<string>()
  const onRuntimeParam = (name: string): unknown => asked.add(name)
  const folders = await openFolders(root, env, isNamed, (file) => files.push(file))
  const complete = (settings: Partial<Interpolation>): Interpolation => ({
    ...nothing,
    environment,
    onRuntimeParam,
    ...settings,
  })
  const merged = async (kind: string, how: Overlay): Promise<MapTree> =>
    readMerged(folders, { name: kind, many: manyFiles.has(kind) }, how)
  return {
    files,
    get runtimeParams() {
      return [...asked]
    },
    async read(kind, how, settings) {
      return withoutTemplates(interpolate(await merged(kind, how), complete(settings)))
    },
    async entries(kind, how, settings) {
      const tree = await merged(kind, how)
      const all = complete(settings)
      return {
        names: [...withoutTemplates(tree).entries.keys()],
        entryOf: (name) => interpolateEntry(tree, name, all),
      }
    },
  }
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

function environmentNotFound(env: string, what: string): ConfigError {
  return new ConfigError(
    'CONFIG_ENV_NOT_FOUND',
    `The environment ${JSON.stringify(env.slice(0, 100))} ${what}.`,
    {
      hint: 'Make the folder under conf, or choose another with --env.',
    },
  )
}
