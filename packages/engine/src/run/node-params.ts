import type { AnyNode } from '../definition/node.ts'
import { NodeError } from '../errors.ts'

const none: Readonly<Record<string, unknown>> = Object.freeze({})

/**
 * A node's `context.params` from the resolved params of its run.
 *
 * @throws NodeError `INVALID_PARAM`, not retryable: the run was submitted with code that declared the param otherwise.
 */
export function parseNodeParams(
  node: AnyNode,
  resolved: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  if (node.params.length === 0) return none
  return Object.fromEntries(
    node.params.map(({ key, name, schema, raw }) => {
      if (raw === true) return [key, resolved[name]]
      const parsed = schema.safeParse(Object.hasOwn(resolved, name) ? resolved[name] : undefined)
      if (parsed.success) return [key, parsed.data]
      throw new NodeError(
        'INVALID_PARAM',
        `Param "${name}" of node "${node.name}" is refused: ${parsed.error.issues[0]?.message}.`,
        {
          hint: 'The run was submitted by another version of the code. Submit it again with this one.',
          retryable: false,
          cause: parsed.error,
        },
      )
    }),
  )
}
