import { didYouMean } from '../definition/nearest.ts'
import { ConfigError } from '../errors.ts'
import { parseExpressions, type Expression } from './expression.ts'
import { at, limits, tooLarge } from './limits.ts'
import {
  descend,
  listTree,
  mapTree,
  scalarTree,
  type MapEntry,
  type MapTree,
  type Position,
  type Scalar,
  type Tree,
} from './tree.ts'

/** What `${…}` may refer to in one file. */
export interface Interpolation {
  /** `${globals:name,default}`; undefined where it is refused: in `globals.yml` itself. */
  readonly globals: MapTree | undefined
  /** `${runtime_params:name,default}`; undefined where it is refused. */
  readonly runtimeParams: MapTree | undefined
  /** `${oc.env:NAME,default}`, when the value at this path may come from the environment. */
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly environmentAllowed: (path: readonly string[]) => boolean
  /** True for a resolver that is left as it is at this path, for whoever uses the value. */
  readonly isKept: (resolver: string, path: readonly string[]) => boolean
  /** False where a runtime param may not stand: whoever starts a run must not choose which code reads its data. */
  readonly isChosenAtRun: (path: readonly string[]) => boolean
  /** What is left out when it needs a runtime param that nobody gave and that has no default: a later run may give it. */
  readonly leavesOut: 'nothing' | 'entries' | 'values'
  /** Hears of every runtime param that is referred to. */
  readonly onRuntimeParam: (name: string) => unknown
}

/** A runtime param that is not given and has no default. */
class AbsentRuntimeParam extends ConfigError {}

/** References to references, at most. */
const deepest = 20

/** Replaces every `${…}` of a file. @throws ConfigError `CONFIG_INTERPOLATION`, `CONFIG_ENV_REFUSED`, `CONFIG_TOO_LARGE` */
export function interpolate(tree: MapTree, settings: Interpolation): MapTree {
  const result = new Interpolator(tree, settings).tree(tree, [], 0)
  // A map stays a map: only scalars are replaced.
  return result as MapTree
}

/** The same for one entry of a file alone, whose references may lead to the others; undefined when there is none. */
export function interpolateEntry(
  tree: MapTree,
  name: string,
  settings: Interpolation,
): Tree | undefined {
  const entry = tree.entries.get(name)
  return entry && new Interpolator(tree, settings).tree(entry.value, [name], 0)
}

class Interpolator {
  readonly #root: MapTree
  readonly #settings: Interpolation
  #values = 0
  #characters = 0

  constructor(root: MapTree, settings: Interpolation) {
    this.#root = root
    this.#settings = settings
  }

  tree(tree: Tree, path: readonly string[], depth: number): Tree {
    this.#count(1, 0, tree.position)
    if (tree.kind === 'list') {
      return listTree(
        tree.position,
        tree.items.map((item, index) => this.tree(item, [...path, String(index)], depth)),
      )
    }
    if (tree.kind === 'map') {
      const entries = new Map<string, MapEntry>()
      for (const [key, entry] of tree.entries) {
        const value = this.#value(entry.value, [...path, key], depth)
        if (value !== undefined) entries.set(key, { ...entry, value })
      }
      return mapTree(tree.position, entries)
    }
    if (typeof tree.value !== 'string' || !tree.value.includes('${')) return tree
    return this.#text(tree.value, tree.position, path, depth)
  }

  /** A value of a map; undefined when it is left out. */
  #value(tree: Tree, path: readonly string[], depth: number): Tree | undefined {
    const { leavesOut } = this.#settings
    if (leavesOut === 'nothing' || (leavesOut === 'entries' && path.length > 1))
      return this.tree(tree, path, depth)
    try {
      return this.tree(tree, path, depth)
    } catch (error) {
      if (error instanceof AbsentRuntimeParam) return undefined
      throw error
    }
  }

  #text(text: string, position: Position, path: readonly string[], depth: number): Tree {
    const parts = parseExpressions(text)
    if (parts === undefined)
      throw failed(position, `"${short(text)}" opens "\${" and never closes it`)
    const [only] = parts
    if (parts.length === 1 && only !== undefined && typeof only !== 'string') {
      return this.#resolve(only, position, path, depth)
    }
    let joined = ''
    for (const part of parts) {
      joined += typeof part === 'string' ? part : this.#piece(part, position, path, depth)
      this.#count(0, joined.length, position)
    }
    return scalarTree(position, joined)
  }

  /** An expression inside a longer string. */
  #piece(
    expression: Expression,
    position: Position,
    path: readonly string[],
    depth: number,
  ): string {
    const resolved = this.#resolve(expression, position, path, depth)
    if (resolved.kind === 'scalar') return String(resolved.value ?? '')
    throw failed(
      position,
      `\${${short(expression.argument)}} is a ${resolved.kind} and cannot be part of a string`,
    )
  }

  #resolve(
    expression: Expression,
    position: Position,
    path: readonly string[],
    depth: number,
  ): Tree {
    if (depth >= deepest)
      throw failed(position, 'references lead round in a circle, or through more than 20 others')
    const found = this.#find(expression, position, path)
    // Said of the reference, not of what it stands for: the reader changes the former.
    if (found !== undefined) this.#assertRoom(found.size, position)
    if (found !== undefined) return moved(this.tree(found, path, depth + 1), position)
    if (expression.fallback === undefined) throw this.#unresolved(expression, position)
    if (expression.fallback.includes('${'))
      return this.#text(expression.fallback, position, path, depth + 1)
    return scalarTree(position, literal(expression.fallback))
  }

  #find(
    { resolver, argument }: Expression,
    position: Position,
    path: readonly string[],
  ): Tree | undefined {
    switch (resolver) {
      case undefined:
        return descend(this.#root, argument.split('.'))
      case 'globals':
        return look(this.#settings.globals, argument, resolver, position)
      case 'runtime_params':
        this.#settings.onRuntimeParam(argument)
        if (!this.#settings.isChosenAtRun(path)) throw notAtRun(argument, position)
        return look(this.#settings.runtimeParams, argument, resolver, position)
      case 'oc.env': {
        if (!this.#settings.environmentAllowed(path)) throw environmentRefused(argument, position)
        const value = this.#settings.environment[argument]
        // As it is: a "${" in a secret is part of the secret.
        return value === undefined ? undefined : scalarTree(position, escaped(value))
      }
      default: {
        if (this.#settings.isKept(resolver, path))
          return scalarTree(position, escaped(`\${${resolver}:${argument}}`))
        const known = ['globals', 'runtime_params', 'oc.env']
        throw failed(
          position,
          `there is no resolver "${short(resolver)}"`,
          didYouMean(resolver, known, 'resolvers'),
        )
      }
    }
  }

  #unresolved({ resolver, argument }: Expression, position: Position): ConfigError {
    const name = `"${short(argument)}"`
    if (resolver === 'oc.env') {
      return failed(
        position,
        `the environment variable ${name} is not set`,
        `Set it, or give a default: \${oc.env:${short(argument)},default}.`,
      )
    }
    const source =
      { globals: this.#settings.globals, runtime_params: this.#settings.runtimeParams }[
        resolver ?? ''
      ] ?? this.#root
    const where =
      resolver === 'globals'
        ? 'globals.yml'
        : resolver === 'runtime_params'
          ? 'the runtime params'
          : 'this file'
    const hint = didYouMean(argument, source.entries.keys(), 'names')
    if (resolver === 'runtime_params') {
      return new AbsentRuntimeParam(
        'CONFIG_INTERPOLATION',
        `${at(position)}: ${name} is not in ${where}.`,
        { position, hint: `Give it with the run: --params ${short(argument)}=…. ${hint}` },
      )
    }
    return failed(position, `${name} is not in ${where}`, hint)
  }

  #count(values: number, characters: number, position: Position): void {
    this.#assertRoom(values, position)
    this.#values += values
    this.#characters += characters
  }

  #assertRoom(values: number, position: Position): void {
    if (this.#values + values > limits.values || this.#characters > 4 * limits.bytes) {
      throw tooLarge(position, 'the references of this file stand for too much')
    }
  }
}

function look(
  source: MapTree | undefined,
  name: string,
  resolver: string,
  position: Position,
): Tree | undefined {
  if (source === undefined)
    throw failed(position, `"${resolver}" cannot be used in this file`, 'Write the value itself.')
  return source.entries.get(name)?.value ?? descend(source, name.split('.'))
}

/** A value that was looked up takes the place of its reference, where the reader has to change something. */
function moved(tree: Tree, position: Position): Tree {
  return { ...tree, position }
}

/** The value of a default, typed as YAML would: a number, a boolean, null, or text with or without quotes. */
function literal(text: string): Scalar {
  const quoted = /^(['"])(.*)\1$/s.exec(text)
  if (quoted !== null) return quoted[2] ?? ''
  if (/^(true|True|TRUE)$/.test(text)) return true
  if (/^(false|False|FALSE)$/.test(text)) return false
  if (/^(null|Null|NULL|~)$/.test(text)) return null
  return /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text) ? Number(text) : text
}

function escaped(text: string): string {
  return text.replaceAll('${', '\\${')
}

function environmentRefused(name: string, position: Position): ConfigError {
  return new ConfigError(
    'CONFIG_ENV_REFUSED',
    `${at(position)}: \${oc.env:${short(name)}} cannot be used here.`,
    {
      position,
      hint: 'Environment variables belong in credentials.yml, pipewright.yml and the "server" part of mlflow.yml: elsewhere a secret would be recorded.',
    },
  )
}

function notAtRun(name: string, position: Position): ConfigError {
  return failed(
    position,
    `"runtime_params" cannot give the type of a dataset, as "${short(name)}" would here`,
    'Write the type itself: whoever starts a run must not choose which code reads its data.',
  )
}

function failed(position: Position, what: string, hint?: string): ConfigError {
  return new ConfigError('CONFIG_INTERPOLATION', `${at(position)}: ${what}.`, {
    position,
    hint:
      hint ??
      'Write ${globals:name,default}, ${runtime_params:name,default} or ${oc.env:NAME,default}.',
  })
}

function short(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}…` : text
}

/** Plain runtime params as a tree, so that they can be looked up. Dotted names are kept and also written out. */
export function runtimeTree(params: Readonly<Record<string, unknown>>): MapTree {
  const position: Position = { file: 'runtime params', line: 1, column: 1 }
  return toTree(params, position, 0) as MapTree
}

function toTree(value: unknown, position: Position, depth: number): Tree {
  if (depth > limits.depth) throw tooLarge(position, `more than ${limits.depth} levels of nesting`)
  if (Array.isArray(value))
    return listTree(
      position,
      value.map((item) => toTree(item, position, depth + 1)),
    )
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).map(([key, item]): [string, MapEntry] => [
      key,
      { keyPosition: position, value: toTree(item, position, depth + 1) },
    ])
    return mapTree(position, new Map(entries))
  }
  if (value === undefined) return scalarTree(position, null)
  // A `${` from the command line is text, not a reference.
  if (typeof value === 'string') return scalarTree(position, escaped(value))
  if (typeof value === 'number' || typeof value === 'boolean' || value === null)
    return scalarTree(position, value)
  throw failed(position, 'a runtime param is neither text, number, boolean, null, list nor map')
}

/** The plain value of a file's tree without its templates: top-level keys that begin with `_`, as in Kedro. */
export function withoutTemplates(tree: MapTree): MapTree {
  return mapTree(tree.position, new Map([...tree.entries].filter(([key]) => !key.startsWith('_'))))
}
