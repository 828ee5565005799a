import * as z from 'zod'

import { lossMessage } from './losses.ts'
import { countFailure, inFlight, isThrough, nextOf } from './maps.ts'
import { pairs, type Held, type Snapshot } from './snapshot.ts'
import { end } from './transitions.ts'
import { must, same, type MapState, type NodeState, type RunState, type World } from './world.ts'

const Lost = z.object({
  attempts: z.number(),
  endedAt: z.number(),
  error: z.object({ code: z.string(), message: z.string() }).optional(),
})

/** Sees which elements of a map have ended without a worker that said so, and that the records are those of the model. */
export function compareRecords(
  world: World,
  run: RunState,
  { index, name, map }: NodeState,
  snapshot: Snapshot,
): void {
  const records = new Map(pairs(snapshot.keys.get(`run:${run.id}:elements:${index}`) ?? []))
  for (const element of map?.elements ?? []) {
    const key = String(element.element)
    const record = records.get(key)
    if (element.record === undefined && record !== undefined) {
      takeElement(world, run, element, record)
    } else {
      same(record, element.record, `the record of ${run.id}/${element.name}`)
    }
    records.delete(key)
    must(!element.halted || element.record !== undefined, `${element.name} was not cancelled`)
  }
  same([...records.keys()], [], `records of strangers among the elements of ${run.id}/${name}`)
}

/** A record that no worker wrote: of an element that was cancelled before it started, or lost. */
function takeElement(world: World, run: RunState, element: NodeState, text: string): void {
  const what = `the record of ${run.id}/${element.name}`
  const [letter, value] = [text.slice(0, 1), text.slice(1)]
  if (element.endedByLoss === undefined) {
    same([letter, value, element.halted], ['c', '', true], what)
    end(element, 'cancelled', text)
    return
  }
  const isFailed = element.endedByLoss === 'failed'
  const { attempts, error } = Lost.parse(JSON.parse(value))
  const expected = isFailed ? { code: 'NODE_LOST', message: lossMessage } : undefined
  same([letter, error], [isFailed ? 'f' : 'c', expected], what)
  same(attempts, element.base + element.starts, `the attempt in ${what}`)
  end(element, element.endedByLoss, text)
  if (isFailed) countFailure(element)
}

/** Elements are released in their order, and as many as the window lets through. */
export function compareReleased(
  run: RunState,
  element: NodeState,
  held: Held | undefined,
  busy: boolean,
): void {
  const map = element.of?.map
  const name = `${run.id}/${element.name}`
  if (map === undefined || element.of?.record !== undefined) {
    must(held === undefined, `${name} lies in ${JSON.stringify(held)} though its map has ended`)
    return
  }
  const isNext = nextOf(map) === element && inFlight(map).length < map.window
  if (held === undefined) {
    must(!isNext || busy || run.cancelling, `${name} was not released`)
    return
  }
  must(isNext, `${name} was released out of turn`)
  must(!run.cancelling, `${name} was released though its run is cancelled`)
  same(held.place, 'queued', `the place of ${name}, which was released,`)
  element.place = 'queued'
}

/** When its elements are through, a map is released to collect, or ends with its run. */
export function compareMapped(
  run: RunState,
  node: NodeState,
  held: Held | undefined,
  busy: boolean,
): void {
  const name = `${run.id}/${node.name}`
  const through = node.map !== undefined && isThrough(run, node.map)
  if (held === undefined) {
    must(!through || busy, `the elements of ${name} are through and nobody collects`)
    return
  }
  must(through, `${name} is to be collected before its elements are through`)
  must(!run.cancelling, `${name} is to be collected though its run is cancelled`)
  same(held.place, 'queued', `the place of ${name}, which was released to collect,`)
  node.place = 'queued'
}

const Counts = z.object({
  total: z.coerce.number(),
  next: z.coerce.number(),
  window: z.coerce.number(),
  most: z.coerce.number(),
  stopped: z.string().optional(),
  source: z.string(),
  attempt: z.coerce.number(),
})

/** How far the ledger says that a map is. */
export function compareCounts(run: RunState, node: NodeState, { keys }: Snapshot): void {
  const fields = keys.get(`run:${run.id}:map:${node.index}`)
  const what = `the state of the map ${run.id}/${node.name}`
  const { map } = node
  if (map === undefined) {
    same(fields, undefined, what)
    return
  }
  const counts = Counts.parse(Object.fromEntries(pairs(fields ?? [])))
  const { elements, window, mostFailed, stopped, generation } = map
  same(
    [counts.total, counts.window, counts.most, counts.source],
    [elements.length, window, mostFailed, 'here'],
    what,
  )
  // Cancelled runs release nothing more in any case.
  if (!run.cancelling) same(counts.stopped !== undefined, stopped, `whether ${what} is given up`)
  must(counts.next >= releasedOf(map), `${what} says that ${counts.next} are released`)
  const shown = Number(new Map(pairs(fields ?? [])).get('generation') ?? generation)
  same(shown, generation, `the generation in ${what}`)
}

/** Elements before this number have been released, or have a record. */
function releasedOf({ elements }: MapState): number {
  const last = elements.findLastIndex(({ place }) => place !== 'nowhere')
  return last + 1
}

const Progress = z.object({
  run: z.string(),
  node: z.string(),
  index: z.number(),
  total: z.number(),
  ended: z.number(),
  failed: z.number(),
})

/** Progress of maps whose elements are not told: never backwards, and nothing that is not so. Returns the other events. */
export function withoutProgress(world: World, events: readonly string[]): readonly string[] {
  return events.filter((text) => {
    if (!text.startsWith('{"type":"map_progress"')) return true
    const event = Progress.parse(JSON.parse(text))
    const node = world.runs.get(event.run)?.nodes[event.index]
    must(node?.map !== undefined && node.name === event.node, `${text} is of no map`)
    const { elements, told } = node.map
    must(!told, `the progress of ${node.name} is told, whose elements are told`)
    const ended = elements.filter(({ record }) => record !== undefined).length
    const failed = elements.filter(({ status }) => status === 'failed').length
    same(event.total, elements.length, `the total in ${text}`)
    must(event.ended <= ended && event.failed <= failed, `${text} with ${ended} and ${failed}`)
    return false
  })
}
