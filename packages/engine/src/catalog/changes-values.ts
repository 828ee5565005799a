import type * as z from 'zod'

/** What is looked at of a zod schema: a project may have its own copy of zod, so by shape and not by class. */
interface Definition {
  readonly type: string
  readonly coerce?: boolean
  readonly checks?: readonly z.core.$ZodCheck[]
  readonly shape?: Readonly<Record<string, z.core.$ZodType>>
  readonly options?: readonly z.core.$ZodType[]
  readonly items?: readonly z.core.$ZodType[]
  readonly getter?: () => z.core.$ZodType
}

/** Kinds of schemas that give another value than they were given. */
const changing = new Set([
  'pipe',
  'transform',
  'default',
  'prefault',
  'catch',
  'promise',
  'success',
])
const parts = [
  'element',
  'innerType',
  'left',
  'right',
  'keyType',
  'valueType',
  'rest',
  'catchall',
] as const

const known = new WeakMap<z.core.$ZodType, boolean>()

/**
 * Whether a schema gives other values than it was given: codecs, defaults, coercion, trimming. That it drops keys which it
 * does not know does not count.
 */
export function changesValues(schema: z.core.$ZodType): boolean {
  const found = known.get(schema)
  if (found !== undefined) return found
  // A schema that refers to itself changes values when another part of it does.
  known.set(schema, false)
  const { _zod: core } = schema
  // every schema of zod 4 has a definition with a type; what else it has depends on that
  const definition = core.def as unknown as Definition
  const changes =
    changing.has(definition.type) ||
    definition.coerce === true ||
    (definition.checks ?? []).some(({ _zod }) => _zod.def.check === 'overwrite') ||
    partsOf(definition).some(changesValues)
  known.set(schema, changes)
  return changes
}

function partsOf(definition: Definition): readonly z.core.$ZodType[] {
  const named = definition as unknown as Readonly<
    Record<string, z.core.$ZodType | null | undefined>
  >
  const single = parts.map((part) => named[part])
  const all = [
    ...single,
    ...Object.values(definition.shape ?? {}),
    ...(definition.options ?? []),
    ...(definition.items ?? []),
    definition.getter?.(),
  ]
  return all.filter((part) => part !== null && part !== undefined)
}
