import { setTimeout as delay } from 'node:timers/promises'

import { InfrastructureError } from '@pipewright/engine'
import {
  isTerminal,
  type NodeRun,
  type Plan,
  type Run,
  type RunHandle,
} from '@pipewright/engine/client'
import { isPassing } from '@pipewright/engine/internal'

import type { RunSnapshot, RunView } from './run-view.ts'

/** Above so many nodes only the counts of the header are read while the run goes on. */
const readableNodes = 500
const shortestPause = 50
const longestPause = 500
/** How long Redis may be away before following ends; the run itself waits for its workers. */
const patience = 60_000

/** A run at its end. */
export interface EndedRun {
  readonly run: Run
  readonly nodes: readonly NodeRun[]
}

/**
 * Shows a run in a view until it has ended. It reads the ledger, never the memory of a worker, so it shows a run of any
 * process: each 50 ms while something changes, down to each 500 ms.
 *
 * @throws InfrastructureError `REDIS_LOST` when Redis has been away for a minute, the run's own errors as they come
 */
export async function followRun(handle: RunHandle, view: RunView): Promise<EndedRun> {
  const plan = await handle.plan()
  const watch = new Changes()
  let pause = shortestPause
  view.begin(await handle.get(), plan)
  for (;;) {
    const snapshot = await patiently(handle, () => take(handle, plan, watch))
    view.update(snapshot)
    const { run, nodes } = snapshot
    if (isTerminal(run.status) && nodes !== undefined) return { run, nodes }
    pause = snapshot.changed.length > 0 ? shortestPause : Math.min(pause * 1.3, longestPause)
    await delay(pause)
  }
}

async function take(handle: RunHandle, plan: Plan, watch: Changes): Promise<RunSnapshot> {
  // The header first: nodes that are read after a terminal one are complete.
  const run = await handle.get()
  const small = plan.nodes.length <= readableNodes
  const nodes = small || isTerminal(run.status) ? await handle.nodes() : undefined
  return { run, nodes, changed: small ? watch.of(nodes ?? []) : [] }
}

/** Remembers what was seen of each node run. */
class Changes {
  readonly #seen = new Map<number, string>()

  of(nodes: readonly NodeRun[]): readonly NodeRun[] {
    return nodes.filter((node) => {
      const now = `${node.status} ${node.attempt}`
      if ((this.#seen.get(node.index) ?? 'pending 0') === now) return false
      this.#seen.set(node.index, now)
      return true
    })
  }
}

async function patiently<T>(handle: RunHandle, read: () => Promise<T>): Promise<T> {
  const end = performance.now() + patience
  for (;;) {
    try {
      return await read()
    } catch (error) {
      if (!isPassing(error)) throw error
      if (performance.now() > end) throw lost(handle, error)
      await delay(longestPause)
    }
  }
}

function lost(handle: RunHandle, cause: unknown): InfrastructureError {
  return new InfrastructureError(
    'REDIS_LOST',
    `Redis has not answered for ${patience / 1000} s while run ${handle.id} was followed.`,
    {
      hint: `The run goes on when Redis is back: "pipewright runs show ${handle.id}".`,
      cause,
    },
  )
}
