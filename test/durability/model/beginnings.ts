import { isLate, mayRun } from './conditions.ts'
import { pairs, type Snapshot } from './snapshot.ts'
import { must, pending, same, type Limit, type RunState, type World } from './world.ts'

/** Runs that count under a limit: they have begun and not ended. */
function holders(world: World, what: string): number {
  const runs = [...world.runs.values()]
  return runs.filter((run) => run.holds && run.limits.some((limit) => limit[0] === what)).length
}

/** True when this one waits for its turn before that one. */
function precedes(one: RunState, other: RunState): boolean {
  if (one.priority !== other.priority) return one.priority > other.priority
  return one.order < other.order
}

/** Runs that wait for something, in turn. */
function waitingFor(world: World, what: string): RunState[] {
  const runs = pending(world).filter(({ waits }) => waits === what)
  return runs.toSorted((a, b) => (precedes(a, b) ? -1 : 1))
}

/** True when so many go on, or others wait for it before this one. */
function isFull(world: World, run: RunState, [what, most]: Limit): boolean {
  if (holders(world, what) >= most) return true
  return waitingFor(world, what).some((other) => other !== run && precedes(other, run))
}

/** What a run has to wait for before it begins; undefined for nothing. */
export function reachedBy(world: World, run: RunState): string | undefined {
  const { pipeline } = run.compiled.plan
  if (world.paused.has(pipeline)) return `pause/${pipeline}`
  return run.limits.find((limit) => isFull(world, run, limit))?.[0]
}

/** Node runs that may run from now on. */
export function release(run: RunState): void {
  for (const node of run.nodes) {
    if (node.record !== undefined || node.place !== 'nowhere') continue
    // What was kept of an earlier run is taken in its place.
    if (node.kept !== undefined) continue
    if (mayRun(run, node) && !isLate(run, node)) node.place = 'queued'
  }
}

/** A run begins. */
export function hasBegun(world: World, run: RunState): void {
  run.waits = undefined
  run.timer = 'none'
  run.status = 'running'
  run.holds = !run.cancelling
  if (!run.cancelling) release(run)
  const { hash, plan } = run.compiled
  world.told.push(
    JSON.stringify({
      type: 'run_created',
      run: run.id,
      pipeline: plan.pipeline,
      plan: hash,
      at: 0,
    }),
  )
}

/** Sees which runs have begun since the last look, and whether they might. */
export function takeBeginnings(world: World, { keys }: Snapshot): readonly RunState[] {
  const begun = pending(world).filter((run) => {
    const header = new Map(pairs(keys.get(`run:${run.id}`) ?? []))
    return header.get('status') !== 'pending'
  })
  for (const run of begun) {
    const { pipeline } = run.compiled.plan
    must(run.timer === 'none', `${run.id} has begun before its time`)
    must(!world.paused.has(pipeline), `${run.id} has begun though ${pipeline} is paused`)
    hasBegun(world, run)
  }
  return begun
}

/** Compares whose turn it was with who has begun, and what the others wait for. */
export function compareBeginnings(
  world: World,
  { keys }: Snapshot,
  begun: readonly RunState[],
): void {
  const waitsFor = (run: RunState): string | undefined =>
    new Map(pairs(keys.get(`run:${run.id}`) ?? [])).get('waits')
  for (const run of begun) compareTurn(world, run, waitsFor)
  for (const run of pending(world)) compareWaiting(world, run, waitsFor(run))
  noteFull(world)
  compareRoom(world, keys.get('backlog') ?? [])
  compareWaits(world, keys)
}

/** A run that has begun has passed by nobody who waited for the same, and still does; and it is not one too many. */
function compareTurn(
  world: World,
  run: RunState,
  waitsFor: (run: RunState) => string | undefined,
): void {
  for (const [what, most] of run.limits) {
    must(holders(world, what) <= most, `${run.id} has begun beyond ${what}, which is ${most}`)
    const patient = waitingFor(world, what).find(
      (other) => precedes(other, run) && waitsFor(other) === what && !isHeldUp(world, other, what),
    )
    must(
      patient === undefined,
      `${run.id} has begun before ${patient?.id}, which waits for ${what}`,
    )
  }
}

/** True when a run waits, or may have waited since the last command, for something else as well: then others pass it by. */
function isHeldUp(world: World, run: RunState, but: string): boolean {
  return run.limits.some(
    (limit) => limit[0] !== but && (world.full.has(limit[0]) || isFull(world, run, limit)),
  )
}

/** Limits that are reached now. */
function noteFull(world: World): void {
  world.full.clear()
  for (const { limits } of world.runs.values())
    for (const [what, most] of limits) if (holders(world, what) >= most) world.full.add(what)
}

function compareWaiting(world: World, run: RunState, waits: string | undefined): void {
  if (waits === run.waits) return
  const earlier = run.waits
  must(run.timer === 'none', `${run.id} waits for ${waits} before its time has come`)
  run.waits = undefined
  const reached = reachedBy(world, run)
  run.waits = waits
  // Others may have begun since, or come to wait: any limit that is full now will do.
  const valid = waits === reached || run.limits.some(([what]) => what === waits)
  must(
    valid && waits !== undefined,
    `${run.id} waits for ${waits} after ${earlier}, and should for ${reached}`,
  )
}

/** Nobody waits without need, but for the next turn of the caretaker, who has been told. */
function compareRoom(world: World, backlog: readonly string[]): void {
  for (const what of new Set(pending(world).flatMap(({ waits }) => waits ?? []))) {
    const [first] = waitingFor(world, what)
    const told = backlog.some((item) => item.startsWith(`${first?.id}|r|0|begin`))
    const unknown = !world.turned && (told || world.everCut || world.lostEdges)
    const needed = first === undefined || reachedBy(world, first) !== undefined
    must(needed || unknown, `${first?.id} waits for ${what} without need`)
  }
  if (!world.turned) return
  for (const run of pending(world)) {
    const idle = run.timer === 'none' && run.waits === undefined
    must(!idle, `${run.id} waits for nothing`)
  }
}

/** The sets of those that wait, and of those that count under a limit. */
function compareWaits(world: World, keys: Snapshot['keys']): void {
  const whats = new Set(pending(world).flatMap(({ waits }) => waits ?? []))
  const listed = (keys.get('waits') ?? []).filter((what) => !world.shaken || whats.has(what))
  same(listed.toSorted(), [...whats].toSorted(), 'what is waited for')
  for (const [key, value] of keys) {
    const [, waited] = /^waiting:(.+)$/.exec(key) ?? []
    if (waited !== undefined) {
      // Those that have begun, and were kept in the list by an error, go with the next turn of a caretaker.
      const ids = pairs(value).flatMap(([id]) => (isStale(world, id) ? [] : [id]))
      same(
        ids,
        waitingFor(world, waited).map(({ id }) => id),
        `those that wait for ${waited}`,
      )
      whats.delete(waited)
    }
    const [, held] = /^held:((?:pipeline|key)\/.+)$/.exec(key) ?? []
    if (held !== undefined) compareHeld(world, held, pairs(value))
  }
  same([...whats], [], 'what is waited for by nobody that is listed')
  const due = new Set(pairs(keys.get('due') ?? []).map(([member]) => member))
  for (const run of pending(world)) {
    const isSet = due.has(`begin|${run.id}`)
    same(isSet, run.timer === 'set' || run.timer === 'due', `the timer of ${run.id}`)
  }
}

function isStale(world: World, id: string): boolean {
  return world.shaken && world.runs.get(id)?.status !== 'pending'
}

function compareHeld(
  world: World,
  what: string,
  held: readonly (readonly [string, string])[],
): void {
  const ids = new Set(held.map(([id]) => id))
  for (const run of world.runs.values()) {
    const counts = run.holds && run.limits.some((limit) => limit[0] === what)
    // An error may have cut the end of a run: whoever finds the limit full looks who is still there.
    const stale = world.everCut && !counts && run.status !== 'pending'
    if (!stale) same(ids.has(run.id), counts, `whether ${run.id} counts under ${what}`)
    ids.delete(run.id)
  }
  same([...ids], [], `strangers under ${what}`)
}
