import {
  compareOrder,
  compareRings,
  compareTurns,
  openByName,
  type Opened,
} from './compare-turns.ts'
import { pairs, type Snapshot } from './snapshot.ts'
import {
  countedAs,
  must,
  plainQueue,
  queues,
  running,
  same,
  sorted,
  type RunState,
  type World,
} from './world.ts'

/** Parts of BullMQ that the ledger makes no use of. */
const foreign = /^queue:[^:]+:(?:completed|failed|delayed|prioritized|paused|waiting-children)$/

/** Compares what the ledger keeps of all runs together. */
export function compareLists(world: World, snapshot: Snapshot, names: readonly string[]): void {
  const { keys } = snapshot
  compareRuns(world, keys)
  compareReusable(world, snapshot)
  comparePublications(world, keys)
  for (const key of keys.keys()) {
    must(world.shaken || !key.startsWith('admitting:'), `${key} was left`)
    must(!foreign.test(key), `${key} is there`)
  }
  same((keys.get('paused') ?? []).toSorted(), [...world.paused].toSorted(), 'what is paused')
  const opened = openByName(world)
  const waiting = new Map([...keys].filter(([key]) => /(?:^|:)(?:ready|levels):/.test(key)))
  for (const queue of queues) compareOrder(world, queue, snapshot, opened)
  for (const name of names) {
    compareTurns(world, name, snapshot, opened)
    compareRings(world, name, waiting)
  }
  for (const queue of queues) compareQueue(world, queue, snapshot, opened)
}

function hasEnded({ status }: RunState): boolean {
  return status !== 'pending' && status !== 'running'
}

function members(keys: Snapshot['keys'], key: string): string[] {
  return pairs(keys.get(key) ?? []).map(([member]) => member)
}

function compareRuns(world: World, keys: Snapshot['keys']): void {
  const runs = [...world.runs.values()]
  const idsOf = (ended: boolean): string[] =>
    runs.flatMap((run) => (hasEnded(run) === ended ? [run.id] : [])).toSorted()
  const cancelling = running(world).flatMap(({ id, cancelling }) => (cancelling ? [id] : []))
  const told = (keys.get('cancelling') ?? []).toSorted()
  same(told, cancelling.toSorted(), 'the set of runs being cancelled')
  const ended = idsOf(true)
  const listed = members(keys, 'runs').filter((id) => !world.endsCut || !ended.includes(id))
  same(listed.toSorted(), idsOf(false), 'the set of open runs')
  same(members(keys, 'finished').toSorted(), ended, 'the set of ended runs')
}

function compareReusable(world: World, { keys, expiries }: Snapshot): void {
  const found = [...keys].flatMap(([key, [value = '']]): [string, string][] =>
    key.startsWith('reuse:') ? [[key.slice('reuse:'.length), value]] : [],
  )
  same(sorted(found), sorted(world.reusable), 'results that may be reused')
  for (const [name] of found) must(expiries.has(`reuse:${name}`), `${name} is kept for ever`)
}

function comparePublications(world: World, keys: Snapshot['keys']): void {
  const owed = [...world.runs.values()]
    .flatMap(({ id, owed, nodes }) =>
      [...owed].map(([dataset, order]): [string, number] => {
        const index = nodes.findIndex(({ plan }) => plan.outputs['out'] === dataset)
        return [`${id}|${index}|${dataset}`, order]
      }),
    )
    .toSorted(([, a], [, b]) => a - b)
  const publications = pairs(keys.get('publications') ?? [])
  same(
    publications.map(([member]) => member),
    owed.map(([member]) => member),
    'the publications that are owed',
  )
  for (const [at, [, order]] of owed.entries()) {
    const number = Number(publications[at]?.[1])
    must(number === (world.numbers.get(order) ?? number), 'a publication has another number')
    must(number > (world.numbers.get(order - 1) ?? 0), 'a publication has the number of an earlier')
    world.numbers.set(order, number)
  }
  const last = new Map(pairs(keys.get('published') ?? []))
  same(
    sorted(last),
    sorted(world.published).map(([path, order]) => [path, String(world.numbers.get(order))]),
    'the order of the last publications',
  )
  if (world.lostTimers) return
  const timers = new Set(members(keys, 'due'))
  for (const [member] of owed) must(timers.has(`publish|${member}`), `${member} has no timer`)
}

function compareQueue(world: World, queue: string, snapshot: Snapshot, opened: Opened): void {
  const { keys } = snapshot
  const wait = keys.get(`queue:${queue}:wait`) ?? []
  const active = keys.get(`queue:${queue}:active`) ?? []
  compareJobs(world, queue, snapshot, new Set([...wait, ...active]))
  const names = keys.get('queues') ?? []
  must(wait.length + active.length === 0 || names.includes(queue), `"${queue}" is not known`)
  // Lanes have limits of their own, and what is urgent is let in beyond the mark.
  const admitted = [...opened.values()].filter(({ run, node }) => {
    const fresh = node.place === 'queued' && node.queue === queue && node.starts === 0
    const free = run.priority <= 0 && countedAs(run, node) === undefined
    return fresh && free && wait.includes(`${run.id}/${node.name}/${node.generation}`)
  })
  // What an error cut on its way to a worker comes back beyond the mark.
  must(
    world.everCut || admitted.length <= world.low,
    `${admitted.length} were admitted to "${queue}"`,
  )
  compareMarker(world, queue, keys, wait.length, active.length)
}

/** Nothing is left of a job that is in no list, and the leases are those of the workers that live. */
function compareJobs(
  world: World,
  queue: string,
  { keys, expiries }: Snapshot,
  jobs: ReadonlySet<string>,
): void {
  const prefix = `queue:${queue}:`
  const locks = new Map<string, string>()
  for (const [key, value] of keys) {
    if (!key.startsWith(prefix) || !key.includes('/')) continue
    const id = key.slice(prefix.length).replace(/:lock$/, '')
    const known = world.orphans.has(key) || world.shaken || expiries.has(key)
    must(jobs.has(id) || known, `${key} is left of a job`)
    if (key.endsWith(':lock')) locks.set(id, value[0] ?? '')
  }
  const leases = world.attempts.flatMap((each): [string, string][] =>
    each.held && !each.settled && each.queue === queue ? [[each.jobId, each.token]] : [],
  )
  same(sorted(locks), sorted(leases), `the leases of "${queue}"`)
}

/** Workers sleep until BullMQ's marker is there. */
function compareMarker(
  world: World,
  queue: string,
  keys: Snapshot['keys'],
  waiting: number,
  active: number,
): void {
  const marker = keys.get(`queue:${queue}:marker`) ?? []
  if (waiting === 0) {
    const asleep = world.shaken || world.claimed !== queue || !marker.includes('0')
    must(asleep, `nothing waits in "${queue}" and somebody is woken`)
  }
  if (world.shaken || world.unsure.has(queue) || waiting === 0) return
  if (world.pausedQueues.has(plainQueue(queue))) return
  if (queue === 'one' && world.limit > 0 && active >= world.limit) return
  must(marker.includes('0'), `${waiting} jobs wait in "${queue}" and nobody is woken`)
}
