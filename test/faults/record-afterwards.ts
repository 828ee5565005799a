import { keys } from '@pipewright/engine/internal'

import { startFaultAdapter, type RecordedProject } from './adapter.ts'
import type { TrackedRun } from './checker/history.ts'
import type { RowContext } from './row.ts'

/** Events that are recorded at most: MLflow takes those of about twenty node runs a second. */
const mostEvents = 12_000

/**
 * Has everything recorded that a row did without an adapter, from what the faults left in Redis, and says what MLflow holds
 * then. Undefined in `npm test`, and where the row did so much that it would take too long.
 *
 * @throws Error when the adapter does not come to the end
 */
export async function recordAfterwards(
  context: RowContext,
  project: RecordedProject,
): Promise<readonly TrackedRun[] | undefined> {
  if (context.short) return undefined
  const events = await project.redis.xlen(keys.outbox(project.prefix))
  if (events > mostEvents) {
    context.say(`not recorded: ${events} events`)
    return undefined
  }
  const adapter = await startFaultAdapter(context, project)
  const recorded = await adapter.recorded(60_000 + events * 100)
  if (!recorded) throw new Error(`MLflow has not all of ${events} events: ${adapter.lines.at(-1)}`)
  const tracked = await adapter.tracked()
  adapter.signal('SIGTERM')
  await adapter.ended
  context.say(`MLflow holds ${tracked.length} runs, of ${events} events`)
  return tracked
}
