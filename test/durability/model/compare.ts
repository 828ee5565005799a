import { NodeFinished } from '@pipewright/engine/internal'
import * as z from 'zod'

import { compareBeginnings } from './beginnings.ts'
import { compareLanes } from './compare-lanes.ts'
import { compareLists } from './compare-lists.ts'
import { pairs, type Held, type Snapshot } from './snapshot.ts'
import { end, finish, lossMessage } from './transitions.ts'
import {
  admissionOf,
  hasInputs,
  isLate,
  mayEndAs,
  must,
  mustEnd,
  running,
  same,
  sorted,
  timeless,
  type NodeState,
  type RunState,
  type World,
} from './world.ts'

/** Compares all that lies in Redis with what should be true, after each command. */
export function compare(world: World, snapshot: Snapshot, names: readonly string[]): void {
  const busy = snapshot.keys.has('backlog') || world.lostEdges
  const places = placesOf(world, snapshot)
  const begun = running(world)
  for (const run of begun) compareOpen(world, run, snapshot, places, busy)
  // Runs that have ended make room for others.
  compareBeginnings(world, snapshot)
  for (const run of running(world))
    if (!begun.includes(run)) compareOpen(world, run, snapshot, places, busy)
  for (const run of world.runs.values()) if (!run.expired) compareHeader(world, run, snapshot)
  must(places.size === 0, `jobs of no open node run: ${[...places.keys()].join(' ')}`)
  compareEvents(world, snapshot)
  compareLists(world, snapshot, names)
  compareLanes(world, snapshot)
}

type Places = Map<string, Held[]>

function placesOf(world: World, snapshot: Snapshot): Places {
  const places: Places = new Map()
  for (const held of snapshot.held) {
    const name = `${held.run}/${held.name}`
    // Its node run has ended since, or is elsewhere.
    if (held.cut && world.runs.get(held.run)?.status !== 'running') continue
    const known = places.get(name)
    if (known === undefined) places.set(name, [held])
    else known.push(held)
  }
  return places
}

function compareOpen(
  world: World,
  run: RunState,
  snapshot: Snapshot,
  places: Places,
  busy: boolean,
): void {
  const records = new Map(pairs(snapshot.keys.get(`run:${run.id}:nodes`) ?? []))
  for (const node of run.nodes) {
    const record = records.get(String(node.index))
    if (node.record === undefined && record !== undefined) takeRecord(world, run, node, record)
    else same(record, node.record, `the record of ${run.id}/${node.plan.name}`)
  }
  for (const node of run.nodes) {
    const name = `${run.id}/${node.plan.name}`
    const found = places.get(name) ?? []
    if (found.length > 0 && isMissed(world, run, node)) node.place = 'queued'
    const held = heldOf(world, node, found)
    places.delete(name)
    comparePlace(run, node, held, busy)
    if (node.record === undefined) compareLive(run, node, snapshot)
  }
  finish(world, run)
}

/** What an error cut on its way into a queue is not seen by a cancellation: it ends when a worker is handed it. */
function isMissed(world: World, run: RunState, node: NodeState): boolean {
  if (!world.everCut || !run.cancelling) return false
  return node.place === 'nowhere' && node.record === undefined && hasInputs(run, node)
}

/** Where the ledger has the node run, those places left out that an error left behind. */
function heldOf(world: World, node: NodeState, all: readonly Held[]): readonly Held[] {
  const sure = all.filter(({ cut }) => !cut)
  const held = sure.length === 0 && node.place === 'queued' ? all.slice(0, 1) : sure
  const begun = held[0]?.place === 'active' && node.place === 'queued'
  if (begun && node.queue === world.cut) node.place = 'active'
  return held
}

/** A record that no worker wrote: of a node run that never started, or that too many workers were lost with. */
function takeRecord(world: World, run: RunState, node: NodeState, text: string): void {
  const what = `the record of ${run.id}/${node.plan.name}`
  const record = NodeFinished.parse(JSON.parse(text))
  same(
    [record.type, record.run, record.node, record.index, record.worker, record.outputs],
    ['node_finished', run.id, node.plan.name, node.index, '', []],
    what,
  )
  if (node.endedByLoss !== undefined) {
    const error =
      node.endedByLoss === 'failed' ? { code: 'NODE_LOST', message: lossMessage } : undefined
    same([record.status, record.error], [node.endedByLoss, error], what)
    same(record.attempt, node.base + node.starts, `the attempt in ${what}`)
  } else {
    same(node.place, 'nowhere', `the place of ${node.plan.name}, which ended by itself,`)
    const status = z.enum(['skipped', 'cancelled']).parse(record.status)
    must(mayEndAs(run, node).has(status), `${what} says ${status} without a reason`)
    same(record.attempt, 0, `the attempt in ${what}`)
  }
  // Those are the statuses that were seen above.
  end(node, record.status as 'skipped' | 'cancelled' | 'failed', text)
  world.told.push(text)
}

function comparePlace(run: RunState, node: NodeState, held: readonly Held[], busy: boolean): void {
  const name = `${run.id}/${node.plan.name}`
  must(held.length < 2, `${name} is in two places: ${JSON.stringify(held)}`)
  const [only] = held
  if (node.record !== undefined) {
    must(only === undefined, `${name} has ended and is in ${JSON.stringify(only)}`)
    return
  }
  if (node.place === 'nowhere') compareIdle(run, node, only, busy)
  if (node.place === 'nowhere') return
  if (node.place === 'vanished' && (only === undefined || only.ready)) return
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
  const what = `where ${run.id}/${node.plan.name} waits for room`
  same(held.via, admissionOf(run, node), what)
}

/** A node run that nobody has released, as far as the model knows. */
function compareIdle(run: RunState, node: NodeState, held: Held | undefined, busy: boolean): void {
  const name = `${run.id}/${node.plan.name}`
  must(busy || !mustEnd(run, node), `${name} has not ended`)
  const ready = hasInputs(run, node)
  const late = busy && isLate(run, node)
  if (held === undefined) {
    must(late || run.cancelling || !ready, `${name} was not released`)
    return
  }
  must(ready, `${name} was released before its inputs were there`)
  must(isLate(run, node), `${name} was released twice`)
  must(!run.cancelling, `${name} was released though its run is cancelled`)
  same(held.place, 'queued', `the place of ${name}, which was released,`)
  node.place = 'queued'
}

const Live = z.object({ generation: z.number(), base: z.number(), failures: z.number() })

/** What the reconciler needs to put the node run back must be the truth. */
function compareLive(run: RunState, node: NodeState, snapshot: Snapshot): void {
  const live = new Map(pairs(snapshot.keys.get(`run:${run.id}:live`) ?? []))
  const shown = live.get(String(node.index))
  const what = `what is shown of ${run.id}/${node.plan.name}`
  if (shown === undefined) {
    same([node.generation, node.failures], [1, 0], `generation and failures without ${what}`)
    return
  }
  if (node.place === 'vanished') return
  const { generation, base, failures } = Live.parse(JSON.parse(shown))
  same([generation, base, failures], [node.generation, node.base, node.failures], what)
}

function compareHeader(world: World, run: RunState, { keys, expiries }: Snapshot): void {
  const header = new Map(pairs(keys.get(`run:${run.id}`) ?? []))
  const what = `the header of ${run.id}`
  same(header.get('status'), run.status, `status in ${what}`)
  same(header.get('total'), String(run.nodes.length), `total in ${what}`)
  same(header.has('failed'), run.failed, `failed in ${what}`)
  same(header.has('cancelling'), run.cancelling, `cancelling in ${what}`)
  same(header.get('error'), run.error, `error in ${what}`)
  const ended = run.status !== 'running' && run.status !== 'pending'
  same(header.has('endedAt'), ended, `endedAt in ${what}`)
  same(header.get('waits'), run.waits, `waits in ${what}`)
  same(header.has('released'), run.status !== 'pending', `released in ${what}`)
  const data = new Map(pairs(keys.get(`run:${run.id}:data`) ?? []))
  same(sorted(data), sorted(run.data), `the data of ${run.id}`)
  same(
    (keys.get(`run:${run.id}:publish`) ?? []).toSorted(),
    [...run.owed.keys()].toSorted(),
    `what ${run.id} has to publish`,
  )
  const mine = [...keys.keys()].filter((key) => key.startsWith(`run:${run.id}:`))
  if (!ended) {
    compareLosses(world, run, new Map(pairs(keys.get(`run:${run.id}:losses`) ?? [])))
    return
  }
  const left = mine.filter((key) => !/:(?:nodes|data)$/.test(key))
  same(left, [], `what is left of ${run.id}`)
  // Retention, in the header of these tests: 1,000 s when it succeeded, else 2,000 s.
  for (const key of [`run:${run.id}`, ...mine]) {
    const seconds = Math.ceil((expiries.get(key) ?? 0) / 1_000_000) * 1000
    same(seconds, run.status === 'succeeded' ? 1000 : 2000, `seconds that ${key} is kept`)
  }
}

function compareLosses(world: World, run: RunState, losses: ReadonlyMap<string, string>): void {
  for (const node of run.nodes) {
    if (node.record !== undefined) continue
    const counted = Number(losses.get(String(node.index)) ?? 0)
    // An error may keep a worker that lives from taking back that it was counted as lost.
    if (world.shaken && counted === node.losses + 1) node.losses = counted
    same(counted, node.losses, `losses of ${run.id}/${node.index}`)
  }
}

function compareEvents(world: World, { events }: Snapshot): void {
  const texts = events.map((text) => timeless(text)).toSorted()
  same(texts, world.told.toSorted(), 'what was told')
  const ended = new Set<string>()
  for (const text of events) {
    const id = /"run":"(?<run>[^"]+)"/.exec(text)?.groups?.['run'] ?? ''
    must(!ended.has(id), `${id} has told something after its end`)
    if (text.startsWith('{"type":"run_finished"')) ended.add(id)
  }
  world.told = []
}
