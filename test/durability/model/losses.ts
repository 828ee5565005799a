import { isGivenUp } from './maps.ts'
import { counts, fail, isTold } from './transitions.ts'
import {
  lossBudget,
  must,
  open,
  queueAfterLoss,
  same,
  type Attempt,
  type NodeState,
  type RunState,
  type World,
} from './world.ts'

/** A worker was found lost. */
export function lost(world: World, jobId: string, queue: string): void {
  const found = open(world).find(
    ({ run, node }) => jobId === `${run.id}/${node.name}/${node.generation}`,
  )
  must(found !== undefined, `${jobId} was taken back, which nobody ran`)
  const { run, node } = found
  same(node.place, 'active', `the place of ${jobId}, which was taken back,`)
  same(node.queue, queue, `the queue of ${jobId}`)
  const holder = world.attempts.find((each) => each.node === node && each.held && !each.settled)
  must(holder === undefined, `${jobId} was taken back from a worker that lives`)
  node.place = 'queued'
  // Handed out by a script that an error cut: there was no body to lose.
  if (node.starts === 0) return
  node.losses += 1
  if (isTold(node)) world.told.push(lossEvent(run, node))
  const isStopped = run.cancelling || isGivenUp(node)
  if (!isStopped && node.losses < lossBudget) {
    node.queue = queueAfterLoss(node)
    return
  }
  node.place = 'nowhere'
  node.endedByLoss = isStopped ? 'cancelled' : 'failed'
  if (!isStopped && node.of === undefined) fail(run, `Node "${node.name}" failed: ${lossMessage}`)
}

function lossEvent(run: RunState, node: NodeState): string {
  return JSON.stringify({
    type: 'node_lost',
    run: run.id,
    node: node.name,
    index: node.index,
    ...(node.of === undefined ? {} : { element: node.element }),
    attempt: node.base + node.starts,
    losses: node.losses,
    at: 0,
  })
}

/** Why a node run failed that too many workers were lost with. */
export const lossMessage = `${lossBudget} workers were lost while they ran this node.`

/** The lease of an attempt was asked for again. */
export function renewed(world: World, attempt: Attempt, reply: boolean): void {
  same(reply, counts(world, attempt), `the answer to a renewal of ${attempt.jobId}`)
  if (!reply) return
  // Its worker lives: the loss that put it back was none.
  if (attempt.node.place === 'queued' && attempt.node.losses > 0) attempt.node.losses -= 1
  attempt.held = true
  attempt.node.place = 'active'
  attempt.node.queue = attempt.queue
}
