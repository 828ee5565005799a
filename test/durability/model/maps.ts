import { encodeElementRecord, type ElementRecord } from '@pipewright/engine/internal'

import { mayRun } from './conditions.ts'
import { newNode, type MapState, type NodeState, type RunState } from './world.ts'

/** What a worker found out about a map. */
export interface Expansion {
  readonly elements: number
  readonly window: number
  readonly mostFailed: number
  readonly told: boolean
  /** Elements that an earlier run has left. */
  readonly kept: ReadonlyMap<number, ElementRecord>
}

/** A map knows its elements: they run next, and then the map again, to collect. */
export function expand(
  node: NodeState,
  attempt: number,
  cancelled: string,
  expansion: Expansion,
): void {
  const { elements, window, mostFailed, told, kept } = expansion
  const plan = { ...node.plan, dependents: [] }
  const map: MapState = {
    elements: Array.from({ length: elements }, (_, at) => newNode(plan, node.index, node, at)),
    window,
    mostFailed,
    told,
    generation: node.generation + 1,
    failures: node.failures,
    cancelled,
    failed: 0,
    stopped: false,
  }
  for (const [at, record] of kept) {
    const element = map.elements[at]
    if (element === undefined) continue
    element.record = `r${encodeElementRecord(record)}`
    element.status = 'reused'
  }
  node.map = map
  node.place = 'mapped'
  node.generation += 1
  // Who collects goes on with the attempt that found them.
  node.base = attempt - 1
  node.starts = 0
}

/** Elements that were released and have not ended. */
export function inFlight({ elements }: MapState): readonly NodeState[] {
  return elements.filter(({ record, place }) => record === undefined && place !== 'nowhere')
}

/** The next element to be released; undefined for none. */
export function nextOf({ elements, stopped }: MapState): NodeState | undefined {
  if (stopped) return undefined
  return elements.find(({ record, place }) => record === undefined && place === 'nowhere')
}

/** True when no element of the map will run any more. */
export function isThrough(run: RunState, map: MapState): boolean {
  return inFlight(map).length === 0 && (run.cancelling || nextOf(map) === undefined)
}

/** True when an element is not to be run though it was released. */
export function isGivenUp({ of }: NodeState): boolean {
  return of?.map?.stopped === true
}

/** An element has failed: with too many of them the map is given up. */
export function countFailure({ of }: NodeState): void {
  const map = of?.map
  if (map === undefined) return
  map.failed += 1
  if (map.failed > map.mostFailed) map.stopped = true
}

/** True when the node run has all that it needs, or is an element that may run. */
export function isReady(run: RunState, node: NodeState): boolean {
  return node.of === undefined ? mayRun(run, node) : node.of.place === 'mapped'
}
