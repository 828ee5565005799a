import type { Isolation } from '@pipewright/engine'

import type { Sample } from './sample.ts'

/** Something that is measured: a shape on a worker, or BullMQ without us. */
export interface Contestant {
  readonly shape: string
  readonly isolation: Exclude<Isolation, 'process'> | 'bullmq'
  readonly concurrency: number
  /** Nodes, or jobs, of one repetition. */
  readonly nodes: number
  /** One repetition. */
  readonly measure: () => Promise<Sample>
  /** Removes what it left in Redis. */
  readonly cleanUp: () => Promise<void>
}
