import type { Column } from './cell-column.ts'

/** How a format that knows types keeps a column. */
export type CellType =
  | 'double'
  | 'long'
  | 'bigint'
  | 'boolean'
  | 'timestamp'
  | 'text'
  | 'bytes'
  | 'json'

const ofKinds: Readonly<Record<string, CellType>> = {
  number: 'double',
  bigint: 'bigint',
  boolean: 'boolean',
  date: 'timestamp',
  string: 'text',
  nested: 'json',
}

/**
 * The type of a column, as the schema has it; where the schema takes anything, as these values have it. Undefined when no
 * single type holds what the schema allows.
 */
export function cellType(column: Column, values: Iterable<unknown>): CellType | undefined {
  const kinds = column.open ? kindsOf(values) : schemaKinds(column)
  if (kinds.size === 0) return 'text'
  const [kind = 'string'] = kinds
  if (kinds.size === 1) return kind === 'number' && column.whole ? 'long' : typeOf(kind)
  // JSON tells its own kinds apart, and no others.
  return ['bigint', 'date', 'bytes'].some((other) => kinds.has(other)) ? undefined : 'json'
}

function typeOf(kind: string): CellType | undefined {
  return kind === 'bytes' ? 'bytes' : ofKinds[kind]
}

function schemaKinds({ kinds, literals }: Column): ReadonlySet<string> {
  return new Set<string>([...kinds, ...kindsOf(literals.values())])
}

function kindsOf(values: Iterable<unknown>): ReadonlySet<string> {
  const kinds = new Set<string>()
  for (const value of values) {
    if (value === null || value === undefined) continue
    kinds.add(kindOf(value))
  }
  return kinds
}

function kindOf(value: unknown): string {
  if (value instanceof Date) return 'date'
  if (value instanceof Uint8Array) return 'bytes'
  return typeof value === 'object' ? 'nested' : typeof value
}
