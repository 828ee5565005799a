import { mlflowKeys } from './key.ts'
import type { Tag } from './rest/entities.ts'
import type { ParamSettings } from './settings.ts'
import { cut, longestParam, longestTag, textOf } from './value.ts'

/** Params as MLflow takes them. */
export interface WrittenParams {
  readonly params: readonly Tag[]
  /** Tags with more of the values that had to be cut. */
  readonly tags: readonly Tag[]
  /** True when a value had to be cut. */
  readonly wasCut: boolean
}

/** Writes params: mappings flattened, keys spelled, values as text and cut to what MLflow keeps. */
export function writeParams(
  params: Readonly<Record<string, unknown>>,
  settings: ParamSettings,
): WrittenParams {
  const flat = flattened(params, settings)
  const keys = mlflowKeys(flat.keys())
  const all = [...flat].map(([name, value]) => ({
    key: keys.get(name) ?? name,
    value: textOf(value),
  }))
  const long = all.filter(({ value }) => value.length > longestParam)
  return {
    params: all.map(({ key, value }) => ({ key, value: cut(value, longestParam) })),
    tags:
      settings.long === 'tag'
        ? long.map(({ key, value }) => ({ key, value: cut(value, longestTag) }))
        : [],
    wasCut: long.length > 0,
  }
}

/** Params whose values MLflow would not keep whole: names as they are recorded, and lengths in characters. */
export function longParams(
  params: Readonly<Record<string, unknown>>,
  settings: ParamSettings,
): readonly { readonly name: string; readonly length: number }[] {
  return [...flattened(params, settings)]
    .map(([name, value]) => ({ name, length: textOf(value).length }))
    .filter(({ length }) => length > longestParam)
}

function flattened(
  params: Readonly<Record<string, unknown>>,
  settings: ParamSettings,
): ReadonlyMap<string, unknown> {
  return new Map(
    Object.entries(params).flatMap(([name, value]) =>
      settings.flatten ? flatten(name, value, settings, 0) : [[name, value] as const],
    ),
  )
}

function flatten(
  name: string,
  value: unknown,
  settings: ParamSettings,
  depth: number,
): readonly (readonly [string, unknown])[] {
  const isMapping = typeof value === 'object' && value !== null && !Array.isArray(value)
  const entries = isMapping ? Object.entries(value) : []
  // an empty mapping is a value too
  if (entries.length === 0 || (depth > 0 && !settings.recursive)) return [[name, value]]
  return entries.flatMap(([key, inner]) =>
    flatten(`${name}${settings.separator}${key}`, inner, settings, depth + 1),
  )
}
