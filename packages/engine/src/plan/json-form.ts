/** Anything that JSON text can carry without loss. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json }

const deepest = 64

/**
 * The form in which a value travels as JSON: dates become ISO strings, `undefined` members are left out. Undefined when
 * the value cannot make the journey: NaN, Infinity, bigint, functions, maps, class instances, cycles, over 64 levels.
 */
export function jsonForm(value: unknown, depth = 0): Json | undefined {
  if (value === null) return null
  if (typeof value !== 'object') return scalarForm(value)
  if (depth > deepest) return undefined
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : value.toISOString()
  if (Array.isArray(value)) return listForm(value, depth)
  return isPlainObject(value) ? recordForm(value, depth) : undefined
}

function scalarForm(value: unknown): Json | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  return typeof value === 'boolean' || typeof value === 'string' ? value : undefined
}

function listForm(list: readonly unknown[], depth: number): readonly Json[] | undefined {
  const copy: Json[] = []
  for (const item of list) {
    const form = jsonForm(item, depth + 1)
    if (form === undefined) return undefined
    copy.push(form)
  }
  return copy
}

function recordForm(record: Readonly<Record<string, unknown>>, depth: number): Json | undefined {
  const copy: [string, Json][] = []
  for (const [key, member] of Object.entries(record)) {
    if (member === undefined) continue
    const form = jsonForm(member, depth + 1)
    if (form === undefined) return undefined
    copy.push([key, form])
  }
  return Object.fromEntries(copy)
}

/** True for object literals and the like; class instances, maps and arrays are not. */
export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  // A plain object of another realm (a test runner's vm context) has a prototype whose own prototype is null.
  return prototype === null || Object.getPrototypeOf(prototype) === null
}
