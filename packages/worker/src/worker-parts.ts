import type { Redis } from 'ioredis'

import type { Caretaker } from './caretaker.ts'
import type { Isolates } from './isolate/isolate.ts'
import type { Publisher } from './publisher.ts'
import type { QueueWorker } from './queue-worker.ts'
import type { Reconciler } from './reconciler.ts'
import type { Watch } from './watch.ts'

/** The parts of a running worker. */
export interface WorkerParts {
  readonly redis: Redis
  readonly queues: readonly QueueWorker[]
  readonly watch: Watch
  readonly caretaker: Caretaker
  readonly publisher: Publisher
  readonly reconciler: Reconciler
  readonly isolates: Isolates
}
