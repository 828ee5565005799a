import type * as z from 'zod'

import type { Dataset } from '../definition/dataset.ts'
import type { Column } from '../run/dataset-summary.ts'

/** What is looked at of a zod schema: a project may have its own copy of zod, so by shape and not by class. */
interface Definition {
  readonly type: string
  readonly element?: z.core.$ZodType
  readonly innerType?: z.core.$ZodType
  readonly in?: z.core.$ZodType
  readonly shape?: Readonly<Record<string, z.core.$ZodType>>
  readonly values?: readonly unknown[]
  readonly options?: readonly z.core.$ZodType[]
  readonly getter?: () => z.core.$ZodType
  readonly format?: string
  readonly checks?: readonly z.core.$ZodCheck[]
}

const known = new WeakMap<Dataset, { readonly columns: readonly Column[] | undefined }>()

/** Schemas may refer to themselves. */
const deepest = 20

/** The columns of a dataset's rows, or the fields of its value, as it is stored; undefined when it has none. */
export function columnsOf(dataset: Dataset): readonly Column[] | undefined {
  const found = known.get(dataset)
  if (found !== undefined) return found.columns
  const columns = readColumns(dataset)
  known.set(dataset, { columns })
  return columns
}

function readColumns(dataset: Dataset): readonly Column[] | undefined {
  try {
    const value = bare(dataset.schema).definition
    const row = value.type === 'array' && value.element ? bare(value.element).definition : value
    if (row.type !== 'object' || row.shape === undefined) return undefined
    return Object.entries(row.shape).map(([name, field]) => [name, typeOf(field)] as const)
  } catch {
    // a kind of schema that is not known here: nothing is said of it, and no node fails for that
    return undefined
  }
}

/** MLflow's word for the type of a field, with `?` when it may be missing. */
function typeOf(schema: z.core.$ZodType): string {
  const { definition, optional } = bare(schema)
  return `${wordOf(definition)}${optional ? '?' : ''}`
}

const words: Readonly<Record<string, string>> = {
  bigint: 'long',
  boolean: 'boolean',
  date: 'datetime',
  string: 'string',
  template_literal: 'string',
  enum: 'string',
}

function wordOf(definition: Definition): string {
  const { type, element, values } = definition
  if (type === 'number') return isWhole(definition) ? 'long' : 'double'
  if (type === 'literal') return wordOfValues(values ?? [])
  if (type !== 'array' || element === undefined) return words[type] ?? 'any'
  return `array<${wordOf(bare(element).definition)}>`
}

function isWhole({ format, checks = [] }: Definition): boolean {
  // a check has a format when it is one of a format
  const formats = checks.map(({ _zod }) => (_zod.def as { readonly format?: string }).format)
  return [format, ...formats].some((name) => name?.includes('int') === true)
}

function wordOfValues(values: readonly unknown[]): string {
  const types = new Set(values.map((value) => typeof value))
  if (types.size !== 1) return 'any'
  if (types.has('number')) return 'double'
  if (types.has('boolean')) return 'boolean'
  return types.has('string') ? 'string' : 'any'
}

interface Bare {
  readonly definition: Definition
  readonly optional: boolean
}

const optionalKinds = new Set(['optional', 'nullable', 'default', 'prefault'])

/** The schema inside wrappers. Of a codec it is the stored side. */
function bare(schema: z.core.$ZodType): Bare {
  let inner = schema
  let optional = false
  for (let depth = 0; depth < deepest; depth++) {
    // every schema of zod 4 has a definition with a type; what else it has depends on that
    const { _zod: core } = inner
    const definition = core.def as unknown as Definition
    optional ||= optionalKinds.has(definition.type)
    const next = definition.innerType ?? definition.in ?? definition.getter?.()
    if (next === undefined) return { definition, optional }
    inner = next
  }
  return { definition: { type: 'any' }, optional }
}
