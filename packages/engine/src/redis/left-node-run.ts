import { jobQueueOf } from '../plan/queue-name.ts'

/** A node run that a worker left because its code does not have it. */
export interface LeftNodeRun {
  /** Its member of `left` and `due`. */
  readonly timer: string
  readonly run: string
  /** Where it would be admitted: its lane, or its queue. */
  readonly queue: string
  /** The BullMQ queue that this leads to. */
  readonly jobQueue: string
  readonly index: number
}

/** Reads one as `advance` tells it: `retry|run|queue|index|…`. Undefined for what is none. */
export function parseLeft(timer: string): LeftNodeRun | undefined {
  const [kind, run, queue, index] = timer.split('|', 4)
  if (kind !== 'retry' || run === undefined || queue === undefined) return undefined
  return { timer, run, queue, jobQueue: jobQueueOf(queue), index: Number(index) }
}
