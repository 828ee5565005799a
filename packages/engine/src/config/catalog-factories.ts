import {
  comparePatterns,
  fillIn,
  isCatchAll,
  matchPattern,
  parsePattern,
  placeholdersIn,
  type FactoryPattern,
  type PlaceholderValues,
} from '../catalog/factory-pattern.ts'
import { didYouMean } from '../definition/nearest.ts'
import { ConfigError } from '../errors.ts'
import type { ReadEntry } from './catalog-schema.ts'
import { checkEntries } from './check-entries.ts'
import { at } from './limits.ts'
import {
  descend,
  listTree,
  mapTree,
  scalarTree,
  type MapEntry,
  type MapTree,
  type Position,
  type Tree,
} from './tree.ts'

/** An entry that a factory gave to a dataset. */
export interface MadeEntry {
  /** The factory's pattern, such as `{name}#csv`. */
  readonly pattern: string
  /** Null for a dataset that is kept with each run and nowhere else. */
  readonly entry: ReadEntry
}

interface Factory {
  readonly pattern: FactoryPattern
  readonly written: MapEntry
}

/** The dataset factories of a catalog: entries for all datasets whose names fit a pattern. */
export class CatalogFactories {
  readonly #factories: readonly Factory[]
  readonly #position: Position
  readonly #root: string
  readonly #named: ReadonlySet<string>
  readonly #made = new Map<string, MadeEntry | undefined>()

  /**
   * @param tree Patterns with their entries.
   * @param named Datasets that the catalog names: no factory makes them.
   * @throws ConfigError `CONFIG_INVALID`, and as `checkEntries`
   */
  constructor(tree: MapTree, root: string, named: readonly string[]) {
    this.#position = tree.position
    this.#root = root
    this.#named = new Set(named)
    this.#factories = [...tree.entries]
      .map(([text, written]) => factoryOf(text, written))
      .toSorted((one, two) => comparePatterns(one.pattern, two.pattern))
    const catchAlls = this.#factories.filter(({ pattern }) => isCatchAll(pattern))
    const [first, second] = catchAlls
    if (first !== undefined && second !== undefined) throw secondCatchAll(first, second)
    for (const factory of this.#factories) this.#try(factory)
  }

  /** All patterns, those that go first before the others. */
  get patterns(): readonly string[] {
    return this.#factories.map(({ pattern }) => pattern.text)
  }

  /**
   * The entry of the first pattern that the name fits; undefined when there is none, or when the catalog names the dataset.
   *
   * @throws ConfigError as `checkEntries`, for an entry that is wrong with the name filled in
   */
  find(name: string): MadeEntry | undefined {
    if (this.#named.has(name)) return undefined
    if (!this.#made.has(name)) this.#made.set(name, this.#make(name))
    return this.#made.get(name)
  }

  #make(name: string): MadeEntry | undefined {
    for (const { pattern, written } of this.#factories) {
      const values = matchPattern(pattern, name)
      if (values !== undefined)
        return { pattern: pattern.text, entry: this.#check(name, written, values) }
    }
    return undefined
  }

  /** A wrong entry is told when the project is opened, not when the first dataset fits its pattern. */
  #try({ pattern, written }: Factory): void {
    const type = descend(written.value, ['type'])
    if (type?.kind === 'scalar' && placeholdersIn(String(type.value)).length > 0) return
    const values = new Map(pattern.placeholders.map((name) => [name, name]))
    this.#check(fillIn(pattern.text, values), written, values)
  }

  #check(name: string, written: MapEntry, values: PlaceholderValues): ReadEntry {
    const entry = { ...written, value: filled(written.value, values) }
    return (
      checkEntries(mapTree(this.#position, new Map([[name, entry]])), this.#root).get(name) ?? null
    )
  }
}

function factoryOf(text: string, written: MapEntry): Factory {
  const pattern = parsePattern(text)
  if (typeof pattern === 'string')
    throw invalid(
      written.keyPosition,
      `"${text.slice(0, 100)}" is no pattern of a dataset factory: ${pattern}`,
      'Write each placeholder as {name}, once in a pattern.',
    )
  assertKnown(written.value, pattern)
  return { pattern, written }
}

/** Placeholders of the entry must be those of the name. */
function assertKnown(tree: Tree, pattern: FactoryPattern): void {
  if (tree.kind === 'map')
    for (const { value } of tree.entries.values()) assertKnown(value, pattern)
  if (tree.kind === 'list') for (const item of tree.items) assertKnown(item, pattern)
  if (tree.kind !== 'scalar' || typeof tree.value !== 'string') return
  const unknown = placeholdersIn(tree.value).find((name) => !pattern.placeholders.includes(name))
  if (unknown === undefined) return
  throw invalid(
    tree.position,
    `{${unknown.slice(0, 100)}} is no placeholder of "${pattern.text}"`,
    didYouMean(unknown, pattern.placeholders, 'placeholders'),
  )
}

function filled(tree: Tree, values: PlaceholderValues): Tree {
  if (tree.kind === 'list')
    return listTree(
      tree.position,
      tree.items.map((item) => filled(item, values)),
    )
  if (tree.kind === 'map')
    return mapTree(
      tree.position,
      new Map(
        [...tree.entries].map(([key, entry]) => [
          key,
          { ...entry, value: filled(entry.value, values) },
        ]),
      ),
    )
  return typeof tree.value === 'string'
    ? scalarTree(tree.position, fillIn(tree.value, values))
    : tree
}

function secondCatchAll(first: Factory, second: Factory): ConfigError {
  return invalid(
    second.written.keyPosition,
    `"${first.pattern.text}" takes every dataset already, and so would "${second.pattern.text}"`,
    'Keep one pattern that is nothing but placeholders.',
  )
}

function invalid(position: Position, what: string, hint: string): ConfigError {
  return new ConfigError('CONFIG_INVALID', `${at(position)}: ${what}.`, { position, hint })
}
