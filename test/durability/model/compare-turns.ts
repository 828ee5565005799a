import { pairs, type Snapshot } from './snapshot.ts'
import {
  admissionOf,
  must,
  open,
  same,
  type NodeState,
  type RunState,
  type World,
} from './world.ts'

/** An open node run, by `run/name`. */
export type Opened = ReadonlyMap<string, { readonly run: RunState; readonly node: NodeState }>

export function openByName(world: World): Opened {
  return new Map(open(world).map((each) => [`${each.run.id}/${each.node.name}`, each]))
}

/** What the next worker is given lies at the end of BullMQ's list; here it comes first. */
function inLine(queue: string, { keys }: Snapshot): string[] {
  return (keys.get(`queue:${queue}:wait`) ?? [])
    .map((id) => id.slice(0, id.lastIndexOf('/')))
    .toReversed()
}

/** Each job that has come into a queue has its place: behind those of its priority, and an urgent one before all lower ones. */
export function compareOrder(
  world: World,
  queue: string,
  snapshot: Snapshot,
  opened: Opened,
): void {
  const line = inLine(queue, snapshot)
  const before = world.before.get(queue)?.line ?? []
  const known = new Set(before)
  const patient = line.filter((name) => known.has(name))
  const levelOf = (name: string): number => opened.get(name)?.run.priority ?? 0
  for (const [at, name] of line.entries()) {
    const each = opened.get(name)
    // What was lost, or taken back, goes before all others.
    if (known.has(name) || each === undefined || each.node.starts > 0 || world.everCut) continue
    const level = each.run.priority
    const behind = patient.filter((other) => line.indexOf(other) > at)
    const wrong = behind.find((other) => level <= 0 || levelOf(other) >= level)
    must(wrong === undefined, `${name} (${level}) has passed ${wrong} in "${queue}"`)
    const ahead = patient.filter((other) => line.indexOf(other) < at)
    const last = ahead.findLastIndex((other) => levelOf(other) >= level)
    const slow = level > 0 ? ahead[last + 1] : undefined
    must(slow === undefined, `${name} (${level}) waits behind ${slow} in "${queue}"`)
  }
  const names = world.before.get(queue) ?? { ready: [], wait: [] }
  world.before.set(queue, { ...names, line })
}

/** Of one run, nothing that has just been released passes by what waits for room already; and runs take turns. */
export function compareTurns(world: World, name: string, { held }: Snapshot, opened: Opened): void {
  const mine = held.filter(({ place, run, name: node, ready, via }) => {
    if (place !== 'queued') return false
    if (ready) return via === name
    const each = opened.get(`${run}/${node}`)
    return each !== undefined && admissionOf(each.run, each.node) === name
  })
  const namesOf = (ready: boolean): string[] =>
    mine.flatMap((each) => (each.ready === ready ? [`${each.run}/${each.name}`] : []))
  const [ready, wait] = [namesOf(true), namesOf(false)]
  const before = world.before.get(name)
  world.before.set(name, { ready, wait, line: before?.line ?? [] })
  if (before === undefined || world.everCut || world.longRings.has(name)) return
  const patient = new Set(before.ready)
  const passed = new Set(
    ready.flatMap((each) => (patient.has(each) ? [each.split('/', 1)[0]] : [])),
  )
  const known = new Set(before.wait)
  const fresh = new Set(wait.filter((each) => !patient.has(each) && !known.has(each)))
  for (const { run, node } of opened.values()) {
    const each = `${run.id}/${node.name}`
    const first = node.starts === 0 && fresh.has(each)
    must(!first || !passed.has(run.id), `${each} has passed those that waited`)
  }
  compareShares(world, name, before.ready, ready, opened)
}

/** While a run waits for room, none of lower priority is let in, and no other of its own is let in twice. */
function compareShares(
  world: World,
  name: string,
  before: readonly string[],
  ready: readonly string[],
  opened: Opened,
): void {
  const still = new Set(ready)
  const left = before.filter((each) => !still.has(each))
  const wasLet = (each: string): boolean => {
    const place = opened.get(each)?.node.place
    return place === 'queued' || place === 'active'
  }
  const admitted = new Set(left.filter((each) => wasLet(each)).map((each) => runOf(each)))
  const waiting = new Set(before.filter((each) => still.has(each)).map((each) => runOf(each)))
  for (const key of world.passedBy.keys()) {
    const [where, patient = ''] = key.split(' ')
    const waits = waiting.has(patient) && !admitted.has(patient)
    if (where === name && !waits) world.passedBy.delete(key)
  }
  for (const patient of waiting) {
    if (!admitted.has(patient)) comparePatience(world, name, patient, admitted)
  }
}

function comparePatience(
  world: World,
  name: string,
  patient: string,
  admitted: ReadonlySet<string>,
): void {
  for (const other of admitted) {
    const [level, others] = [patient, other].map((id) => world.runs.get(id)?.priority ?? 0)
    if (level === undefined || others === undefined || level < others) continue
    must(level === others, `${other} was let into "${name}" before ${patient}`)
    const key = `${name} ${patient} ${other}`
    const times = (world.passedBy.get(key) ?? 0) + 1
    world.passedBy.set(key, times)
    must(times < 2, `${other} was let into "${name}" twice while ${patient} waited`)
  }
}

function runOf(name: string): string {
  return name.split('/', 1)[0] ?? ''
}

function inOrder(levels: readonly number[]): readonly number[] {
  return levels.toSorted((a, b) => a - b)
}

/** Runs that wait for room take turns, those of one priority in one list: each is in it once. */
export function compareRings(world: World, name: string, keys: Snapshot['keys']): void {
  if (world.lostRings.has(name)) return
  const end = `:ready:${name}`
  const runs = [...keys.keys()].flatMap((key) =>
    key.startsWith('run:') && key.endsWith(end) ? [key.slice('run:'.length, -end.length)] : [],
  )
  const start = `ready:${name}`
  const long = world.longRings.has(name)
  const found = new Map<number, readonly string[]>()
  for (const [key, ring] of keys) {
    if (key === start) found.set(0, ring)
    else if (key.startsWith(`${start}:`)) found.set(Number(key.slice(start.length + 1)), ring)
  }
  const byLevel = Map.groupBy(runs, (run) => world.runs.get(run)?.priority ?? 0)
  for (const level of new Set([...found.keys(), ...byLevel.keys()])) {
    const mine = byLevel.get(level) ?? []
    const ring = found.get(level) ?? []
    const known = long ? new Set(ring.filter((run) => mine.includes(run))) : ring
    const what = `the runs of priority ${level} that wait for room in "${name}"`
    same([...known].toSorted(), mine.toSorted(), what)
  }
  const levels = pairs(keys.get(`levels:${name}`) ?? []).map(([level]) => Number(level))
  const expected = [...found.keys()].filter((level) => level !== 0)
  const listed = long ? levels.filter((level) => found.has(level)) : levels
  same(inOrder(listed), inOrder(expected), `the priorities of those that wait in "${name}"`)
}
