import { isDeepStrictEqual } from 'node:util'

import * as z from 'zod'

import { jsonForm, type Json } from './json-form.ts'

/** What became of one param: the JSON to keep, nothing to keep (an optional param), or why it is refused. */
export type StoredParam =
  | { readonly kind: 'kept'; readonly value: Json }
  | { readonly kind: 'absent' }
  | { readonly kind: 'refused'; readonly reason: string; readonly cause?: unknown }
  | { readonly kind: 'unkeepable' }

/**
 * Finds the JSON to keep for a param, such that parsing it again, in any process and any number of times, gives the
 * node what it would have got at once.
 *
 * Two forms come into question. The *parsed* value, because it shows every default and one spelling of each value
 * (`50`, never `'50'`); it is kept when the schema parses it to itself. Else what was *given*, or the default before
 * its transforms: a schema such as `z.string().transform(Number)` does not accept its own result.
 *
 * @param given undefined when the param is not given.
 */
export function storedParam(schema: z.ZodType, given: unknown): StoredParam {
  const form = given === undefined ? undefined : jsonForm(given)
  if (given !== undefined && form === undefined) {
    return { kind: 'refused', reason: 'the value cannot be written as JSON' }
  }
  const parsed = parse(schema, form)
  if (!parsed.success) return { kind: 'refused', reason: parsed.reason, cause: parsed.cause }
  if (parsed.value === undefined && form === undefined) return { kind: 'absent' }
  for (const candidate of [jsonForm(parsed.value), form ?? defaultForm(schema)]) {
    if (gives(schema, candidate, parsed.value)) return { kind: 'kept', value: candidate }
  }
  return form === undefined ? { kind: 'unkeepable' } : { kind: 'kept', value: form }
}

function gives(schema: z.ZodType, candidate: Json | undefined, value: unknown): candidate is Json {
  if (candidate === undefined) return false
  const parsed = parse(schema, candidate)
  return parsed.success && isDeepStrictEqual(parsed.value, value)
}

/** The default of a schema in the form that the schema takes, before any of its transforms. */
function defaultForm(schema: z.core.$ZodType): Json | undefined {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    return jsonForm(schema.def.defaultValue)
  }
  if (schema instanceof z.ZodPipe) return defaultForm(schema.def.in)
  if (schema instanceof z.ZodReadonly || schema instanceof z.ZodNonOptional) {
    return defaultForm(schema.def.innerType)
  }
  return undefined
}

type Parsed =
  | { readonly success: true; readonly value: unknown }
  | { readonly success: false; readonly reason: string; readonly cause: unknown }

function parse(schema: z.ZodType, value: unknown): Parsed {
  try {
    const result = schema.safeParse(value)
    if (result.success) return { success: true, value: result.data }
    return { success: false, reason: reasonOf(result.error), cause: result.error }
  } catch (cause) {
    // A transform that throws, or a check that is async and cannot be used here.
    const reason = cause instanceof Error ? cause.message : String(cause)
    return { success: false, reason, cause }
  }
}

function reasonOf(error: z.ZodError): string {
  const [first, ...others] = error.issues
  if (first === undefined) return 'the schema refuses it'
  const where = first.path.length > 0 ? ` at ${z.core.toDotPath(first.path)}` : ''
  const message = first.message.replace(/^Invalid input: /, '')
  return `${message}${where}${others.length > 0 ? ` (and ${others.length} more)` : ''}`
}
