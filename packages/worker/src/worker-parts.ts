import type { Redis } from 'ioredis'

import type { Caretaker } from './caretaker.ts'
import type { Isolates } from './isolate/isolate.ts'
import type { Presence } from './presence.ts'
import type { Publisher } from './publisher.ts'
import type { QueueWorker } from './queue-worker.ts'
import type { Reconciler } from './reconciler.ts'
import type { SpecialQueues } from './special-queues.ts'
import type { Watch } from './watch.ts'

/** The parts of a running worker. */
export interface WorkerParts {
  readonly redis: Redis
  /** Grows by the quarantines and queues of resources that the worker comes to serve. */
  readonly queues: readonly QueueWorker[]
  readonly specialQueues: SpecialQueues
  readonly watch: Watch
  readonly caretaker: Caretaker
  readonly presence: Presence
  readonly publisher: Publisher
  readonly reconciler: Reconciler
  readonly isolates: Isolates
}
