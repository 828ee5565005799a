import { keys, laneOf, type CompiledPlan, type PlanNode } from '@pipewright/engine/internal'

import { publishedOf, type Graph } from './scenario.ts'

/** Losses after which a node run fails, in these tests. */
export const lossBudget = 4

/** Losses after which a node run runs alone. */
const suspect = 2

/** Queues of the random graphs, and their quarantines. */
export const queues: readonly string[] = ['one', 'two', 'three'].flatMap((queue) => [
  queue,
  keys.quarantine(queue),
])

/** Where a node run waits for admission: the lane that leads to its queue, or the queue. */
export function admissionOf({ compiled }: RunState, { plan, queue }: NodeState): string {
  return laneOf(compiled.plan.pipeline, plan, queue) || queue
}

/** The queue in which a node run has its next generation, or goes on after a loss. */
export function queueAfterLoss({ losses, plan }: NodeState): string {
  return losses >= suspect ? keys.quarantine(plan.queue) : plan.queue
}

export type EndStatus = 'succeeded' | 'failed' | 'skipped' | 'cancelled' | 'reused'

/**
 * Where a node run is that has not ended.
 *   nowhere   its inputs are not there, or nobody has released it yet
 *   queued    it waits for a worker, in its queue or for room in it
 *   active    a worker has it, or had it and was lost
 *   waiting   for the time of its next attempt
 *   vanished  an operator removed it; nobody has noticed
 *   mapped    of a map: its elements run
 */
export type Place = 'nowhere' | 'queued' | 'active' | 'waiting' | 'vanished' | 'mapped'

/** The result of a node in an earlier run. */
export interface KeptResult {
  readonly record: string
  /** Its output as a reference; undefined for none. */
  readonly reference: string | undefined
  /** Dependents that it has not chosen. */
  readonly declined: ReadonlySet<number>
}

/** What should be true of a node run. */
export interface NodeState {
  readonly index: number
  /** Of an element: that of its map. */
  readonly plan: PlanNode
  /** Of the node, or of an element of a map: `score[17]`. */
  readonly name: string
  /** Its name in hashes of the run: its index, and in brackets the number of the element. */
  readonly field: string
  /** Of an element: its number; else -1. */
  readonly element: number
  /** The map that it is an element of. */
  readonly of: NodeState | undefined
  /** Of a map, once it knows how many elements it has. */
  map: MapState | undefined
  /** The queue that it runs in. */
  queue: string
  place: Place
  generation: number
  /** Starts of earlier generations. */
  base: number
  /** Starts of this one. */
  starts: number
  failures: number
  losses: number
  /** Its record, once it has ended. */
  record: string | undefined
  status: EndStatus | undefined
  /** It ended without an attempt of this run: skipped, cancelled before it started, or kept. */
  endedIdle: boolean
  /** Of a branch that has succeeded: dependents that it has not chosen. */
  declined: ReadonlySet<number>
  /** What an earlier run has left of it, which takes the place of running. */
  kept: KeptResult | undefined
  /** The timer of its next attempt is due. */
  due: boolean
  /** Of an element: it was cancelled after its release and before it started. */
  halted: boolean
  /** How the check for lost workers ended it: the record is the script's own. */
  endedByLoss: 'failed' | 'cancelled' | undefined
}

/** What should be true of the elements of a map. */
export interface MapState {
  readonly elements: readonly NodeState[]
  /** So many are released and have not ended, at most. */
  readonly window: number
  /** With more failures than this it is given up. */
  readonly mostFailed: number
  /** Each end is told, and not only the progress. */
  readonly told: boolean
  /** Its generation and failures when it collects. */
  readonly generation: number
  readonly failures: number
  /** Its record, should the run be cancelled while they run. */
  readonly cancelled: string
  failed: number
  /** It is given up: what has not started will not. */
  stopped: boolean
}

/** What a run counts under while it goes on, and how many may. */
export type Limit = readonly [what: string, most: number]

/** What decides when a run begins and whose nodes go first. */
export interface Admission {
  readonly priority: number
  readonly limits: readonly Limit[]
  /** It begins when its time has come. */
  readonly delayed: boolean
}

export interface RunState extends Admission {
  readonly id: string
  /** The runs are numbered as they are asked for. */
  readonly order: number
  readonly compiled: CompiledPlan
  readonly graph: Graph
  /** Nodes whose output the catalog lists. */
  readonly listed: ReadonlySet<number>
  readonly nodes: readonly NodeState[]
  cancelling: boolean
  failed: boolean
  error: string | undefined
  status: 'pending' | 'running' | 'succeeded' | 'failed' | 'cancelled'
  /** What it waits for before it begins: a limit, or the end of a pause. */
  waits: string | undefined
  /** Of its beginning. */
  timer: 'none' | 'set' | 'due' | 'lost'
  /** It began to go on, and so counts under its limits. */
  holds: boolean
  /** Datasets that are committed. */
  readonly data: Map<string, string>
  /** Publications that are owed: dataset -> order of its commit. */
  readonly owed: Map<string, number>
  /** Its keys are gone, as after its retention. */
  expired: boolean
}

/** One claim of a node run. */
export interface Attempt {
  readonly run: RunState
  readonly node: NodeState
  readonly queue: string
  readonly jobId: string
  readonly generation: number
  readonly base: number
  readonly failures: number
  /** Which start of its generation it is. */
  readonly count: number
  readonly at: number | undefined
  readonly token: string
  /** What the claim said: to run it, or that the run is being cancelled. */
  readonly told: string
  /** Its lease is there. */
  held: boolean
  settled: boolean
  noted: boolean
}

/** Who waits in a queue, or comes through a lane: `run/name`. */
export interface Waiting {
  readonly ready: readonly string[]
  readonly wait: readonly string[]
  /** Of a queue: all that wait for a worker, the next one first. */
  readonly line: readonly string[]
}

/** Everything that should be true. */
export interface World {
  readonly runs: Map<string, RunState>
  readonly keys: Map<string, string>
  readonly attempts: Attempt[]
  /** Order of the next publication. */
  commits: number
  /** The same as the ledger counts, which leaves out numbers when a script was cut by an error. */
  readonly numbers: Map<number, number>
  /** Which node run has the result of a fingerprint. */
  readonly reusable: Map<string, string>
  /** Order of the last publication of each path. */
  readonly published: Map<string, number>
  /** Low-water mark of admission. */
  readonly low: number
  /** BullMQ's limit of active jobs of the first queue, or 0. */
  limit: number
  /** Events that the last command must have told, times left out. */
  told: string[]
  /** Chunks of edges were lost, and nobody has noticed. */
  lostEdges: boolean
  /** Timers of publications were lost, and nobody has noticed. */
  lostTimers: boolean
  /** Limits of runs that were reached after the last command. */
  readonly full: Set<string>
  /** Pipelines of which no run may begin. */
  readonly paused: Set<string>
  /** Queues from which no worker takes anything. */
  readonly pausedQueues: Set<string>
  /** Queues and lanes whose list of runs that wait for room was lost, and nobody has noticed. */
  readonly lostRings: Set<string>
  /** Queues and lanes whose list of runs may name too many. */
  readonly longRings: Set<string>
  /** Two runs of one queue or lane: how often the first waited while the second was let in. */
  readonly passedBy: Map<string, number>
  /** The last command was a turn of a caretaker that no error has cut. */
  turned: boolean
  /** The lane of the attempt that the last command has ended. */
  left: string
  /** An error has cut a script, and no caretaker has looked since. */
  shaken: boolean
  /** An error has cut a script in this sequence. */
  everCut: boolean
  /** An error may have cut the end of a run, and no reconciler has looked since: it may be among the open ones still. */
  endsCut: boolean
  /** Queues that an operator has touched: their wake-ups come with the next turn of a caretaker. */
  readonly unsure: Set<string>
  /** Jobs that are in no list, and nobody has noticed. */
  readonly orphans: Set<string>
  /** A queue where an error cut a script that may have begun to hand out a job. */
  cut: string | undefined
  /** What was ready for each queue or lane and what had been let in and waited, before the last command: `run/name`. */
  readonly before: Map<string, Waiting>
  /** The queue that the last command claimed from. */
  claimed: string | undefined
}

export function emptyWorld(low: number, limit: number): World {
  return {
    runs: new Map(),
    keys: new Map(),
    attempts: [],
    commits: 0,
    numbers: new Map(),
    reusable: new Map(),
    published: new Map(),
    low,
    limit,
    told: [],
    lostEdges: false,
    lostTimers: false,
    full: new Set(),
    paused: new Set(),
    pausedQueues: new Set(),
    passedBy: new Map(),
    turned: false,
    left: '',
    lostRings: new Set(),
    longRings: new Set(),
    shaken: false,
    everCut: false,
    endsCut: false,
    unsure: new Set(),
    orphans: new Set(),
    before: new Map(),
    cut: undefined,
    claimed: undefined,
  }
}

/** What the ledger does and should not, or the other way round. */
class Violation extends Error {}

export function must(truth: boolean, message: string): asserts truth {
  if (!truth) throw new Violation(message)
}

export function same(actual: unknown, expected: unknown, what: string): void {
  if (actual === expected) return
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)]
  must(a === b, `${what} is ${a} and should be ${b}`)
}

/** Entries of a hash or a sorted set in the order of their names. */
export function sorted<Value>(
  entries: Iterable<readonly [string, Value]>,
): (readonly [string, Value])[] {
  return [...entries].toSorted(([a], [b]) => (a < b ? -1 : 1))
}

/** An event without the times that the server adds. */
export function timeless(text: string): string {
  return text.replace(/"at":\d+/, '"at":0')
}

/** @param element Its number among those of the map, if it is one. */
export function newNode(
  plan: PlanNode,
  index: number,
  map?: NodeState,
  element: number = -1,
): NodeState {
  const suffix = map === undefined ? '' : `[${element}]`
  return {
    index,
    plan,
    name: plan.name + suffix,
    field: index + suffix,
    element,
    of: map,
    map: undefined,
    queue: plan.queue,
    place: 'nowhere',
    generation: 1,
    base: 0,
    starts: 0,
    failures: 0,
    losses: 0,
    record: undefined,
    status: undefined,
    endedIdle: false,
    declined: new Set(),
    kept: undefined,
    due: false,
    halted: false,
    endedByLoss: undefined,
  }
}

export function newRun(
  order: number,
  compiled: CompiledPlan,
  graph: Graph,
  admission: Admission,
): RunState {
  return {
    ...admission,
    id: `r${order}`,
    order,
    compiled,
    graph,
    listed: publishedOf(graph),
    nodes: compiled.plan.nodes.map((plan, index) => newNode(plan, index)),
    cancelling: false,
    failed: false,
    error: undefined,
    status: 'pending',
    waits: undefined,
    timer: 'none',
    holds: false,
    data: new Map(),
    owed: new Map(),
    expired: false,
  }
}

/** Runs that have begun and not ended. */
export function running(world: World): RunState[] {
  return [...world.runs.values()].filter(({ status }) => status === 'running')
}

/** Runs that have not begun. */
export function pending(world: World): RunState[] {
  return [...world.runs.values()].filter(({ status }) => status === 'pending')
}

/** Node runs and elements of a run. */
export function membersOf(run: RunState): readonly NodeState[] {
  if (run.nodes.every(({ map }) => map === undefined)) return run.nodes
  return run.nodes.flatMap((node) => [node, ...(node.map?.elements ?? [])])
}

/** Node runs and elements that have not ended, of all runs that have begun. */
export function open(world: World): { readonly run: RunState; readonly node: NodeState }[] {
  return running(world).flatMap((run) =>
    membersOf(run)
      // Elements that nobody has released do not count when their map has ended.
      .filter((node) => node.record === undefined && node.of?.record === undefined)
      .map((node) => ({ run, node })),
  )
}

/** The name of a queue without its quarantine: what users pause. */
export function plainQueue(queue: string): string {
  return queue.replace(/~quarantine$/, '')
}

/** What a node run is counted under, where only so many may be let in. */
export function countedAs({ compiled }: RunState, { plan }: NodeState): string | undefined {
  return plan.concurrency === undefined ? undefined : `node/${compiled.plan.pipeline}/${plan.name}`
}
