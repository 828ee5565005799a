import { readdir, readFile } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'

import { ConfigError } from '../errors.ts'
import { limits, tooLarge } from './limits.ts'
import { sideBySide } from './merge.ts'
import { parseYaml } from './parse-yaml.ts'
import { mapTree, type MapTree } from './tree.ts'

/** One kind of configuration file. */
export interface FileKind {
  /** Such as `catalog`. */
  readonly name: string
  /**
   * True when it may lie in several files: those whose name only begins so (`catalog_scoring.yml`), in this folder or below it,
   * and all in folders whose name begins so (`parameters/train.yml`).
   */
  readonly many: boolean
}

/** The files of one `conf` folder, in YAML or JSON. */
export interface ConfigFolder {
  /** All files of a kind together; empty when there is none. */
  read(kind: FileKind): Promise<MapTree>
}

/**
 * Opens `conf/base` or the folder of an environment.
 *
 * @param onFile Called with each file's name that is read.
 * @returns undefined when the folder is not there.
 */
export async function openFolder(
  root: string,
  folder: string,
  onFile: (file: string) => void,
): Promise<ConfigFolder | undefined> {
  const path = join(root, folder)
  const names = await listNames(path)
  if (names === undefined) return undefined
  return {
    async read(kind) {
      let tree: MapTree = mapTree(
        { file: `${folder}/${kind.name}.yml`, line: 1, column: 1 },
        new Map(),
      )
      for (const name of names.filter((candidate) => isOfKind(candidate, kind))) {
        const file = relative(root, join(path, name)).split(sep).join('/')
        // In the order of their names, so that the first wrong one is always the same.
        // oxlint-disable-next-line no-await-in-loop
        const parsed = parseYaml(await readText(join(path, name), file), file)
        onFile(file)
        const how = kind.name === 'parameters' ? 'deep' : 'entries'
        tree = tree.entries.size === 0 ? parsed : sideBySide(tree, parsed, how)
      }
      return tree
    },
  }
}

/** Paths of the files in a folder and below it. Hidden ones, such as those of editors, are no configuration. */
async function listNames(path: string): Promise<readonly string[] | undefined> {
  try {
    const entries = await readdir(path, { withFileTypes: true, recursive: true })
    return entries
      .filter((entry) => !entry.isDirectory())
      .map((entry) => relative(path, join(entry.parentPath, entry.name)).split(sep).join('/'))
      .filter((name) => !/(?:^|\/)\./.test(name))
      .toSorted()
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT') return undefined
    throw unreadable(path, error)
  }
}

function isOfKind(file: string, kind: FileKind): boolean {
  const stem = /^(.+)\.(?:ya?ml|json)$/.exec(file)?.[1]
  if (stem === undefined || !kind.many) return stem === kind.name
  return stem.split('/').some((part) => part.startsWith(kind.name))
}

async function readText(path: string, file: string): Promise<string> {
  let bytes: Uint8Array
  try {
    bytes = await readFile(path)
  } catch (error) {
    throw unreadable(path, error)
  }
  const start = { file, line: 1, column: 1 }
  if (bytes.byteLength > limits.bytes) throw tooLarge(start, 'the file is larger than 1 MiB')
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new ConfigError('CONFIG_SYNTAX', `${file}:1:1: The file is not UTF-8 text.`, {
      position: start,
      hint: 'Save it as UTF-8.',
      cause,
    })
  }
}

function unreadable(path: string, cause: unknown): ConfigError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new ConfigError('CONFIG_UNREADABLE', `${path} cannot be read: ${reason}.`, {
    position: { file: path },
    hint: 'Check that it is there and that this user may read it.',
    cause,
  })
}
