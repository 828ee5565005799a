import { pairs, type Snapshot } from './snapshot.ts'
import {
  admissionOf,
  countedAs,
  must,
  open,
  same,
  type NodeState,
  type RunState,
  type World,
} from './world.ts'

/** A node that only so many runs may run at a time: who has been let in, and whether anybody waits. */
interface Lane {
  readonly limit: number
  readonly admitted: [name: string, job: string][]
  readonly waiting: { readonly run: RunState; readonly node: NodeState }[]
}

/** No more are in queues or at work than may be, each of them is counted, and nobody waits while there is room. */
export function compareLanes(world: World, snapshot: Snapshot): void {
  for (const [what, lane] of lanesOf(world, snapshot)) {
    const { admitted, limit } = lane
    // An error may let in one too many, while the attempt is ended again that gave its place away.
    must(admitted.length <= limit || world.everCut, `${admitted.length} are let in as ${what}`)
    const counted = new Map(pairs(snapshot.keys.get(`held:${what}`) ?? []))
    for (const [name, job] of admitted)
      same(counted.get(name), job, `what counts ${name} as ${what}`)
    // Those who are gone are counted until the lane is full.
    if (counted.size < limit) compareRoom(world, lane)
  }
}

function lanesOf(world: World, { held }: Snapshot): ReadonlyMap<string, Lane> {
  const lanes = new Map<string, Lane>()
  for (const { run, node } of open(world)) {
    const what = countedAs(run, node)
    if (what === undefined) continue
    const { name } = node
    const { concurrency: limit = 0 } = node.plan
    const lane = lanes.get(what) ?? { limit, admitted: [], waiting: [] }
    lanes.set(what, lane)
    const here = held.find((each) => each.run === run.id && each.name === name && !each.cut)
    if (here?.ready === true) lane.waiting.push({ run, node })
    else if (here !== undefined && here.place !== 'waiting')
      lane.admitted.push([`${run.id}/${name}`, `${run.id}/${name}/${node.generation}`])
  }
  return lanes
}

/** Nobody waits for a lane that has room: after a turn of the caretaker, or the end of an attempt that came through it. */
function compareRoom(world: World, { limit, admitted, waiting }: Lane): void {
  for (const { run, node } of waiting) {
    const way = admissionOf(run, node)
    // With the end of an attempt its worker may take one that waited, after the lane was topped up.
    const wasToppedUp = world.turned || (world.left === way && limit <= world.low)
    const line = world.before.get(node.queue)?.line ?? []
    // No lane fills its queue.
    const isLong = admitted.filter(([name]) => line.includes(name)).length >= world.low
    const isLost = world.lostRings.has(way) || world.longRings.has(way)
    const needed = !wasToppedUp || isLong || isLost
    must(needed, `${run.id}/${node.name} waits for ${way}, which has room`)
  }
}
