import { compareBeginnings, takeBeginnings } from './beginnings.ts'
import { compareLanes } from './compare-lanes.ts'
import { compareLists } from './compare-lists.ts'
import { compareCounts, compareRecords, withoutProgress } from './compare-maps.ts'
import { compareLive, comparePlace, heldOf, isMissed } from './compare-places.ts'
import { takeRecord } from './records.ts'
import { pairs, type Held, type Snapshot } from './snapshot.ts'
import { finish } from './transitions.ts'
import {
  membersOf,
  must,
  running,
  same,
  sorted,
  timeless,
  type RunState,
  type World,
} from './world.ts'

/** Compares all that lies in Redis with what should be true, after each command. */
export function compare(world: World, snapshot: Snapshot, names: readonly string[]): void {
  const busy = snapshot.keys.has('backlog') || world.lostEdges
  const places = placesOf(world, snapshot)
  const begun = running(world)
  for (const run of begun) compareOpen(world, run, snapshot, places, busy)
  // Runs that have ended make room for others, which may have ended as well.
  const fresh = takeBeginnings(world, snapshot)
  for (const run of running(world))
    if (!begun.includes(run)) compareOpen(world, run, snapshot, places, busy)
  compareBeginnings(world, snapshot, fresh)
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

function takeRecords(world: World, run: RunState, snapshot: Snapshot): void {
  for (const node of run.nodes)
    if (node.map !== undefined) compareRecords(world, run, node, snapshot)
  const records = new Map(pairs(snapshot.keys.get(`run:${run.id}:nodes`) ?? []))
  for (const node of run.nodes) {
    const record = records.get(String(node.index))
    if (node.record === undefined && record !== undefined) takeRecord(world, run, node, record)
    else same(record, node.record, `the record of ${run.id}/${node.name}`)
  }
  for (const node of run.nodes) compareCounts(run, node, snapshot)
}

function compareOpen(
  world: World,
  run: RunState,
  snapshot: Snapshot,
  places: Places,
  busy: boolean,
): void {
  takeRecords(world, run, snapshot)
  // Elements first: their map waits for them.
  const elements = run.nodes.flatMap(({ map }) => map?.elements ?? [])
  for (const node of [...elements, ...run.nodes]) {
    const name = `${run.id}/${node.name}`
    const found = places.get(name) ?? []
    if (found.length > 0 && isMissed(world, run, node)) node.place = 'queued'
    const held = heldOf(world, node, found)
    places.delete(name)
    comparePlace(run, node, held, busy)
    if (node.record === undefined) compareLive(run, node, snapshot)
  }
  finish(world, run)
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
  must(ended || !expiries.has(`run:${run.id}:kept`), `what ${run.id} keeps may go`)
  const mine = [...keys.keys()].filter(
    // What an expansion brings along that was refused goes by itself.
    (key) => key.startsWith(`run:${run.id}:`) && !(/:kept:\d+:/.test(key) && expiries.has(key)),
  )
  if (!ended) {
    compareLosses(world, run, new Map(pairs(keys.get(`run:${run.id}:losses`) ?? [])))
    return
  }
  const left = mine.filter((key) => !/:(?:nodes|data|maps|(?:map|failed|elements):\d+)$/.test(key))
  same(left, [], `what is left of ${run.id}`)
  // Retention, in the header of these tests: 1,000 s when it succeeded, else 2,000 s.
  for (const key of [`run:${run.id}`, ...mine]) {
    const seconds = Math.ceil((expiries.get(key) ?? 0) / 1_000_000) * 1000
    same(seconds, run.status === 'succeeded' ? 1000 : 2000, `seconds that ${key} is kept`)
  }
}

function compareLosses(world: World, run: RunState, losses: ReadonlyMap<string, string>): void {
  for (const node of membersOf(run)) {
    if (node.record !== undefined) continue
    const counted = Number(losses.get(node.field) ?? 0)
    // An error may keep a worker that lives from taking back that it was counted as lost.
    if (world.shaken && counted === node.losses + 1) node.losses = counted
    same(counted, node.losses, `losses of ${run.id}/${node.field}`)
  }
}

function compareEvents(world: World, { events }: Snapshot): void {
  const texts = withoutProgress(world, events)
    .map((text) => timeless(text))
    .toSorted()
  same(texts, world.told.toSorted(), 'what was told')
  const ended = new Set<string>()
  for (const text of events) {
    const id = /"run":"(?<run>[^"]+)"/.exec(text)?.groups?.['run'] ?? ''
    must(!ended.has(id), `${id} has told something after its end`)
    if (text.startsWith('{"type":"run_finished"')) ended.add(id)
  }
  world.told = []
}
