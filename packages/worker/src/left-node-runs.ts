import { parseLeft, userQueue, type LeftNodeRun } from '@pipewright/engine/internal'

import type { KnownPipelines } from './known-pipelines.ts'
import type { RunCache } from './run-cache.ts'

/** How many a claim asks for: others may have taken the first. */
const askedFor = 2

/** What it takes to find what others left. */
export interface LeftNodeRunsOptions {
  readonly runs: RunCache
  readonly known: KnownPipelines
  /** Queues that the worker serves, by the names that users give them. */
  readonly queues: ReadonlySet<string>
  /** Called with the BullMQ queues in which there is something to take. */
  readonly onFound: (queues: ReadonlySet<string>) => void
}

/** Node runs that other workers left because their code does not have them, and this worker's has. */
export class LeftNodeRuns {
  readonly #options: LeftNodeRunsOptions
  #wanted: ReadonlyMap<string, LeftNodeRun[]> = new Map()

  constructor(options: LeftNodeRunsOptions) {
    this.#options = options
  }

  /**
   * Node runs of a BullMQ queue to ask for with the next claim, each once. What the claim does not bring, because others were
   * first or a limit is reached, is found again.
   */
  wanted(queue: string): readonly string[] {
    return (
      this.#wanted
        .get(queue)
        ?.splice(0, askedFor)
        .map(({ timer }) => timer) ?? []
    )
  }

  /** Picks those that the worker can run from what the ledger tells. */
  async consider(timers: readonly string[]): Promise<void> {
    if (timers.length === 0 && this.#wanted.size === 0) return
    const { queues, onFound } = this.#options
    const served = shuffled(timers).flatMap((timer) => {
      const left = parseLeft(timer)
      return left !== undefined && queues.has(userQueue(left.jobQueue)) ? [left] : []
    })
    const isMine = await Promise.all(served.map(async (left) => this.#isMine(left)))
    const mine = served.filter((_, at) => isMine[at])
    this.#wanted = Map.groupBy(mine, ({ jobQueue }) => jobQueue)
    if (mine.length > 0) onFound(new Set(this.#wanted.keys()))
  }

  async #isMine({ run: id, index }: LeftNodeRun): Promise<boolean> {
    // A run that cannot be read is for the reconciler.
    const run = await this.#options.runs.get(id).catch(() => undefined)
    return run !== undefined && this.#options.known.has(run, index)
  }
}

/** From a place in the middle: what a limit holds up at the beginning must not hide the rest. */
function shuffled(timers: readonly string[]): readonly string[] {
  const first = Math.floor(Math.random() * timers.length)
  return [...timers.slice(first), ...timers.slice(0, first)]
}
