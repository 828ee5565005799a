import type { Hooks } from '../definition/hooks.ts'
import type { NodeLog } from '../definition/node-context.ts'
import { describeFailure } from './describe-failure.ts'

/** Calls one hook of every observer in order, each awaited. A throwing hook is logged and changes nothing. */
export async function callHooks(
  hooks: readonly Hooks[],
  name: keyof Hooks,
  info: object,
  log: Pick<NodeLog, 'warn'>,
): Promise<void> {
  for (const observer of hooks) {
    if (observer[name] === undefined) continue
    try {
      // The info is built by the caller for this very hook. Observers are called one after the other on purpose.
      // oxlint-disable-next-line no-await-in-loop
      await (observer[name] as (info: object) => unknown)(info)
    } catch (error) {
      log.warn(`The hook ${name} threw; the run goes on.`, {
        error: describeFailure(error).failure.message,
      })
    }
  }
}
