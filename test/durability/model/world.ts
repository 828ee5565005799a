import { keys, laneOf, type CompiledPlan, type PlanNode } from '@pipewright/engine/internal'

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

export type EndStatus = 'succeeded' | 'failed' | 'skipped' | 'cancelled'

/**
 * Where a node run is that has not ended.
 *   nowhere   its inputs are not there, or nobody has released it yet
 *   queued    it waits for a worker, in its queue or for room in it
 *   active    a worker has it, or had it and was lost
 *   waiting   for the time of its next attempt
 *   vanished  an operator removed it; nobody has noticed
 */
export type Place = 'nowhere' | 'queued' | 'active' | 'waiting' | 'vanished'

/** What should be true of a node run. */
export interface NodeState {
  readonly index: number
  readonly plan: PlanNode
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
  /** The timer of its next attempt is due. */
  due: boolean
  /** How the check for lost workers ended it: the record is the script's own. */
  endedByLoss: 'failed' | 'cancelled' | undefined
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
    published: new Map(),
    low,
    limit,
    told: [],
    lostEdges: false,
    lostTimers: false,
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

export function newRun(
  order: number,
  compiled: CompiledPlan,
  listed: ReadonlySet<number>,
  admission: Admission,
): RunState {
  return {
    ...admission,
    id: `r${order}`,
    order,
    compiled,
    listed,
    nodes: compiled.plan.nodes.map((plan, index) => ({
      index,
      plan,
      queue: plan.queue,
      place: 'nowhere',
      generation: 1,
      base: 0,
      starts: 0,
      failures: 0,
      losses: 0,
      record: undefined,
      status: undefined,
      due: false,
      endedByLoss: undefined,
    })),
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

/** Node runs that have not ended, of all runs that have begun. */
export function open(world: World): { readonly run: RunState; readonly node: NodeState }[] {
  return running(world).flatMap((run) =>
    run.nodes.filter(({ record }) => record === undefined).map((node) => ({ run, node })),
  )
}

/** True when all that the node reads is committed. */
export function hasInputs(run: RunState, node: NodeState): boolean {
  return node.plan.producers.every((producer) => run.nodes[producer]?.status === 'succeeded')
}

/** With which statuses a node run that never starts may end now. */
export function mayEndAs(run: RunState, node: NodeState): ReadonlySet<EndStatus> {
  const statuses = new Set<EndStatus>()
  if (run.cancelling && hasInputs(run, node)) statuses.add('cancelled')
  for (const producer of node.plan.producers) {
    const status = run.nodes[producer]?.status
    if (status === 'failed' || status === 'skipped') statuses.add('skipped')
    if (status === 'cancelled' || (status === 'succeeded' && run.cancelling)) {
      statuses.add('cancelled')
    }
  }
  return statuses
}

/** True when no attempt of the node can be made any more, so that it has to end. */
export function mustEnd(run: RunState, node: NodeState): boolean {
  const statuses = node.plan.producers.map((producer) => run.nodes[producer]?.status)
  if (statuses.some((status) => status !== undefined && status !== 'succeeded')) return true
  return run.cancelling && statuses.every((status) => status !== undefined)
}

/** Dependents in one chunk of edges: those of further chunks may be released a little later. */
const chunk = 512

/** True when the node is beyond the first chunk of all that can release it. */
export function isLate(run: RunState, node: NodeState): boolean {
  const { nodes } = run.compiled.plan
  if (node.plan.producers.length === 0) {
    const roots = nodes.flatMap(({ producers }, index) => (producers.length === 0 ? [index] : []))
    return roots.indexOf(node.index) >= chunk
  }
  return node.plan.producers.some(
    (producer) => (nodes[producer]?.dependents.indexOf(node.index) ?? 0) >= chunk,
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
