import * as z from 'zod'

import { describeIssues, type Issue } from '../catalog/describe-issues.ts'
import { valuePath } from '../catalog/value-path.ts'
import { didYouMean } from '../definition/nearest.ts'
import { ConfigError } from '../errors.ts'
import { at } from './limits.ts'
import { descend, plain, type MapTree, type Position } from './tree.ts'

/**
 * Checks a file against its schema.
 *
 * @throws ConfigError `CONFIG_UNKNOWN_KEY`, `CONFIG_INVALID`, at the line and column of the first thing that is wrong.
 */
export function checkTree<T>(tree: MapTree, schema: z.ZodType<T>): T {
  const result = schema.safeParse(plain(tree))
  if (result.success) return result.data
  const { issues } = result.error
  // First: a misspelt key is the reason why another one is missing.
  for (const issue of issues) {
    if (issue.code === 'unrecognized_keys') throw unknownKey(tree, schema, issue)
  }
  throw invalid(tree, issues)
}

function unknownKey(
  tree: MapTree,
  schema: z.ZodType,
  issue: z.core.$ZodIssueUnrecognizedKeys,
): ConfigError {
  const parent = descend(tree, issue.path)
  const [key = ''] = issue.keys
  const position =
    (parent?.kind === 'map' ? parent.entries.get(key)?.keyPosition : undefined) ?? tree.position
  const where = issue.path.length === 0 ? '' : ` in ${valuePath(issue.path)}`
  const shown = JSON.stringify(key.slice(0, 100))
  return new ConfigError(
    'CONFIG_UNKNOWN_KEY',
    `${at(position)}: ${shown} is not a setting${where}.`,
    {
      position,
      hint: didYouMean(key, keysAt(schema, issue.path), 'settings'),
    },
  )
}

function invalid(tree: MapTree, issues: readonly Issue[]): ConfigError {
  const position = positionAt(tree, issues[0]?.path ?? [])
  return new ConfigError('CONFIG_INVALID', `${at(position)}: ${describeIssues(issues)}.`, {
    position,
    hint: 'Correct the value at this place; docs/reference/configuration.md lists every setting.',
  })
}

/** Where a path was written; of a part that is missing, where the map was that misses it. */
export function positionAt(tree: MapTree, path: readonly PropertyKey[]): Position {
  for (let length = path.length; length > 0; length -= 1) {
    const found = descend(tree, path.slice(0, length))
    if (found !== undefined) return found.position
  }
  return tree.position
}

/** Names that a schema knows at a path. */
function keysAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): readonly string[] {
  const here = unwrap(schema)
  const [key, ...rest] = path
  if (here instanceof z.ZodObject) {
    if (key === undefined) return Object.keys(here.shape)
    const inner: unknown = here.shape[String(key)]
    return inner instanceof z.ZodType ? keysAt(inner, rest) : []
  }
  if (here instanceof z.ZodRecord) return keysAt(here.valueType, rest)
  if (here instanceof z.ZodArray) return keysAt(here.element, rest)
  return []
}

function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault)
    return unwrap(schema.def.innerType)
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable)
    return unwrap(schema.def.innerType)
  // What is written is what comes before a transformation.
  if (schema instanceof z.ZodPipe) return unwrap(schema.def.in)
  return schema
}
