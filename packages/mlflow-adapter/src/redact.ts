import type { RunHeader } from '@pipewright/engine/internal'

/** What stands in the record where a value was left out. */
const redacted = '[redacted]'

/** A run's header without the values of params and tags that nobody is to read: what is recorded of a run is taken from it. */
export function redactHeader(header: RunHeader, patterns: readonly string[]): RunHeader {
  if (patterns.length === 0) return header
  return {
    ...header,
    params: redactParams(header.params, patterns),
    tags: redactTags(header.tags, patterns),
  }
}

/**
 * Params without the values that nobody is to read. A pattern is compared with a param's whole name (`load.db.password`) and
 * with its last part (`password`), also inside mappings and lists; `*` stands for anything and case does not matter.
 */
export function redactParams(
  params: Readonly<Record<string, unknown>>,
  patterns: readonly string[],
): Readonly<Record<string, unknown>> {
  if (patterns.length === 0) return params
  const isSecret = matcher(patterns)
  return Object.fromEntries(
    Object.entries(params).map(([name, value]) => [name, redactValue(name, value, isSecret)]),
  )
}

/** Tags without the values that nobody is to read. */
export function redactTags(
  tags: Readonly<Record<string, string>>,
  patterns: readonly string[],
): Readonly<Record<string, string>> {
  const isSecret = matcher(patterns)
  return Object.fromEntries(
    Object.entries(tags).map(([name, value]) => [name, isSecret(name) ? redacted : value]),
  )
}

function redactValue(name: string, value: unknown, isSecret: (name: string) => boolean): unknown {
  if (isSecret(name)) return redacted
  if (Array.isArray(value)) return value.map((item) => redactValue(name, item, isSecret))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      redactValue(`${name}.${key}`, inner, isSecret),
    ]),
  )
}

function matcher(patterns: readonly string[]): (name: string) => boolean {
  const expressions = patterns.map((pattern) => {
    const parts = pattern.split(/\*+/).map((part) => part.replaceAll(/[\\^$.|?+()[\]{}]/g, '\\$&'))
    return new RegExp(`^${parts.join('.*')}$`, 'is')
  })
  return (name) => {
    const last = name.slice(name.lastIndexOf('.') + 1)
    return expressions.some((expression) => expression.test(name) || expression.test(last))
  }
}
