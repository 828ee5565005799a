import type { z } from 'zod'

/** Types of schemas whose values are never lists. */
const others: ReadonlySet<string> = new Set([
  'string',
  'number',
  'int',
  'boolean',
  'bigint',
  'symbol',
  'null',
  'undefined',
  'void',
  'never',
  'date',
  'object',
  'record',
  'file',
  'enum',
  'literal',
  'map',
  'set',
  'nan',
  'template_literal',
  'function',
  'success',
])

/** Members of definitions that hold another schema which decides. */
interface Definition {
  readonly type: string
  readonly innerType?: z.core.$ZodType
  readonly out?: z.core.$ZodType
}

/**
 * True when no value of a schema can be a list. Of schemas that say nothing of their values (`z.custom`, `z.unknown`, unions) it is
 * false: those are found out when the value is there.
 */
export function isNoList(schema: z.core.$ZodType): boolean {
  let current: z.core.$ZodType | undefined = schema
  while (current !== undefined) {
    // Every definition has a type, and those that hold other schemas have them under these names.
    // oxlint-disable-next-line no-underscore-dangle -- what zod has for those who look into a schema of any kind
    const { type, innerType, out }: Definition = current._zod.def
    if (others.has(type)) return true
    current = type === 'pipe' ? out : innerType
  }
  return false
}
