import type { Hooks } from '../definition/hooks.ts'
import type { NodeLog } from '../definition/node-context.ts'
import { NodeError } from '../errors.ts'
import { describeFailure } from './describe-failure.ts'

/** Hooks that may end an attempt by what they throw. */
const mayFail: ReadonlySet<keyof Hooks> = new Set([
  'beforeNodeRun',
  'afterNodeRun',
  'beforeDatasetLoaded',
  'afterDatasetLoaded',
  'beforeDatasetSaved',
  'afterDatasetSaved',
])

/**
 * Calls one hook of every observer in order, each awaited. A throwing hook is logged and changes nothing.
 *
 * @returns what they returned, in their order.
 * @throws NodeError that a hook of a node or a dataset threw: the others are not called any more.
 */
export async function callHooks(
  hooks: readonly Hooks[],
  name: keyof Hooks,
  info: object,
  log: Pick<NodeLog, 'warn'>,
): Promise<readonly unknown[]> {
  const returned: unknown[] = []
  for (const observer of hooks) {
    if (observer[name] === undefined) continue
    try {
      // The info is built by the caller for this very hook. Observers are called one after the other on purpose.
      // oxlint-disable-next-line no-await-in-loop
      returned.push(await (observer[name] as (info: object) => unknown)(info))
    } catch (error) {
      if (error instanceof NodeError && mayFail.has(name)) throw error
      log.warn(`The hook ${name} threw; the run goes on.`, {
        error: describeFailure(error).failure.message,
      })
    }
  }
  return returned
}
