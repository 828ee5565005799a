import * as z from 'zod'

import { compareMapped, compareReleased } from './compare-maps.ts'
import { isLate, mayRun, mustEnd } from './conditions.ts'
import { pairs, type Held, type Snapshot } from './snapshot.ts'
import { admissionOf, must, same, type NodeState, type RunState, type World } from './world.ts'

/** What an error cut on its way into a queue is not seen by a cancellation: it ends when a worker is handed it. */
export function isMissed(world: World, run: RunState, node: NodeState): boolean {
  if (!world.everCut || !run.cancelling) return false
  return node.place === 'nowhere' && node.record === undefined && mayRun(run, node)
}

/** Where the ledger has the node run, those places left out that an error left behind. */
export function heldOf(world: World, node: NodeState, all: readonly Held[]): readonly Held[] {
  const sure = all.filter(({ cut }) => !cut)
  const held = sure.length === 0 && node.place === 'queued' ? all.slice(0, 1) : sure
  const begun = held[0]?.place === 'active' && node.place === 'queued'
  if (begun && node.queue === world.cut) node.place = 'active'
  return held
}

/** Compares where the ledger has a node run or an element with where it should be. */
export function comparePlace(
  run: RunState,
  node: NodeState,
  held: readonly Held[],
  busy: boolean,
): void {
  const name = `${run.id}/${node.name}`
  must(held.length < 2, `${name} is in two places: ${JSON.stringify(held)}`)
  const [only] = held
  if (node.record !== undefined) {
    must(only === undefined, `${name} has ended and is in ${JSON.stringify(only)}`)
    return
  }
  if (node.place === 'mapped') compareMapped(run, node, only, busy)
  if (node.place === 'nowhere')
    (node.of === undefined ? compareIdle : compareReleased)(run, node, only, busy)
  if (node.place === 'nowhere' || node.place === 'mapped') return
  if (node.place === 'vanished' && (only === undefined || only.ready)) return
  compareHeld(run, node, only)
}

function compareHeld(run: RunState, node: NodeState, only: Held | undefined): void {
  const name = `${run.id}/${node.name}`
  same(only?.place, node.place, `the place of ${name}`)
  const { queue, generation, base, failures } = node
  compareWay(run, node, only)
  same(
    [only?.queue, only?.generation, only?.base, only?.failures],
    [queue, generation, base, failures],
    `queue, generation, base and failures of ${name}`,
  )
}

function compareWay(run: RunState, node: NodeState, held: Held | undefined): void {
  if (held === undefined || (!held.ready && held.place !== 'waiting')) return
  const what = `where ${run.id}/${node.name} waits for room`
  same(held.via, admissionOf(run, node), what)
}

/** A node run that nobody has released, as far as the model knows. */
function compareIdle(run: RunState, node: NodeState, held: Held | undefined, busy: boolean): void {
  const name = `${run.id}/${node.name}`
  must(busy || !mustEnd(run, node), `${name} has not ended`)
  const ready = mayRun(run, node)
  const isKept = node.kept !== undefined
  const late = busy && (isKept || isLate(run, node))
  if (held === undefined) {
    must(late || run.cancelling || !ready, `${name} was not released`)
    return
  }
  must(ready, `${name} was released before its inputs were there`)
  must(!isKept, `${name} was released though its result was kept`)
  must(isLate(run, node), `${name} was released twice`)
  must(!run.cancelling, `${name} was released though its run is cancelled`)
  same(held.place, 'queued', `the place of ${name}, which was released,`)
  node.place = 'queued'
}

const Live = z.object({ generation: z.number(), base: z.number(), failures: z.number() })

/** What the reconciler needs to put the node run back must be the truth. */
export function compareLive(run: RunState, node: NodeState, snapshot: Snapshot): void {
  const live = new Map(pairs(snapshot.keys.get(`run:${run.id}:live`) ?? []))
  const shown = live.get(node.field)
  const what = `what is shown of ${run.id}/${node.name}`
  if (shown === undefined) {
    if (node.place === 'mapped') return
    const { generation = 1, failures = 0 } = node.map ?? {}
    const first = [generation, failures]
    same([node.generation, node.failures], first, `generation and failures without ${what}`)
    return
  }
  if (node.place === 'vanished' || node.place === 'mapped') return
  const { generation, base, failures } = Live.parse(JSON.parse(shown))
  same([generation, base, failures], [node.generation, node.base, node.failures], what)
}
