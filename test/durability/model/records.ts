import { NodeFinished } from '@pipewright/engine/internal'
import * as z from 'zod'

import { release } from './beginnings.ts'
import { idleEnds, mayRun } from './conditions.ts'
import { lossMessage } from './losses.ts'
import { isThrough } from './maps.ts'
import { commitOutput, end } from './transitions.ts'
import { must, same, type KeptResult, type NodeState, type RunState, type World } from './world.ts'

/** A record that no worker has just written: of a node run that was kept, never started, or that too many workers were lost with. */
export function takeRecord(world: World, run: RunState, node: NodeState, text: string): void {
  if (node.kept !== undefined && text === node.kept.record) {
    takeKept(world, run, node, node.kept)
    return
  }
  if (node.map !== undefined && node.place === 'mapped') takeCancelled(run, node, text)
  else takeIdle(run, node, text)
  world.told.push(text)
}

/** The result of an earlier run counts where the node would have run. */
function takeKept(world: World, run: RunState, node: NodeState, kept: KeptResult): void {
  const name = `${run.id}/${node.name}`
  same(node.place, 'nowhere', `the place of ${name}, which was kept,`)
  must(mayRun(run, node) && !run.cancelling, `${name} was kept and would not run`)
  node.declined = kept.declined
  node.endedIdle = true
  end(node, 'reused', kept.record)
  commitOutput(world, run, node, kept.reference)
  world.told.push(kept.record)
}

/** A map whose elements are through is not collected when its run is being cancelled. */
function takeCancelled(run: RunState, node: NodeState, text: string): void {
  const { map } = node
  const what = `the record of ${run.id}/${node.name}`
  must(run.cancelling && map !== undefined && isThrough(run, map), `${what} is too early`)
  same(text, map.cancelled, what)
  end(node, 'cancelled', text)
  node.endedIdle = true
}

function takeIdle(run: RunState, node: NodeState, text: string): void {
  const what = `the record of ${run.id}/${node.name}`
  const record = NodeFinished.parse(JSON.parse(text))
  same(
    [record.type, record.run, record.node, record.index, record.worker, record.outputs],
    ['node_finished', run.id, node.name, node.index, '', []],
    what,
  )
  if (node.endedByLoss !== undefined) {
    const error =
      node.endedByLoss === 'failed' ? { code: 'NODE_LOST', message: lossMessage } : undefined
    same([record.status, record.error], [node.endedByLoss, error], what)
    same(record.attempt, node.base + node.starts, `the attempt in ${what}`)
  } else {
    same(node.place, 'nowhere', `the place of ${node.name}, which ended by itself,`)
    const ends = idleEnds(run, node)
    const { reason } = record
    const known = ends.some((each) => each.status === record.status && each.reason === reason)
    must(known, `${what} says ${record.status}, ${reason} without a reason`)
    same(record.attempt, 0, `the attempt in ${what}`)
    node.endedIdle = true
  }
  const status = z.enum(['skipped', 'cancelled', 'failed']).parse(record.status)
  end(node, status, text)
  if (node.endedByLoss !== undefined && !run.cancelling) release(run)
}
