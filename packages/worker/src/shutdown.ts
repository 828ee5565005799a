import { setTimeout as delay } from 'node:timers/promises'

import { NodeError } from '@pipewright/engine'

import type { WorkerParts } from './worker-parts.ts'

/** Time that aborted attempts have to be handed back before the connection is cut. */
const lastGrace = 5000

/** Stops claiming, waits for running nodes up to the grace, hands the rest back, and closes everything. */
export async function stopWorker(parts: WorkerParts, grace: number): Promise<void> {
  parts.specialQueues.close()
  const closed = Promise.all(parts.queues.map(async ({ worker }) => worker.close()))
  const settled = closed.then(() => true)
  if (!(await Promise.race([settled, delay(grace, false, { ref: false })]))) {
    const reason = new NodeError(
      'WORKER_STOPPED',
      'The worker was stopped; the node run is handed back.',
    )
    parts.watch.stopAll(reason)
    if (!(await Promise.race([settled, delay(lastGrace + grace, false, { ref: false })]))) {
      for (const { backend } of parts.queues) backend.abandon()
    }
  }
  await Promise.race([parts.publisher.idle(), delay(lastGrace, undefined, { ref: false })])
  parts.publisher.stop()
  parts.watch.stop()
  // What they have asked of Redis is never answered while it is away; nothing is lost when it is cut.
  const stopped = Promise.all([
    parts.caretaker.stop(),
    parts.reconciler.stop(),
    parts.presence.stop(),
  ])
  await Promise.race([stopped, delay(lastGrace, undefined, { ref: false })])
  await parts.isolates.close()
  parts.redis.disconnect()
}
