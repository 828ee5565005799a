import { keys, type CompiledPlan, type PlanNode } from '@pipewright/engine/internal'

/** Losses after which a node run fails, in these tests. */
export const lossBudget = 4

/** Losses after which a node run runs alone. */
const suspect = 2

/** Queues of the random graphs, and their quarantines. */
export const queues: readonly string[] = ['one', 'two', 'three'].flatMap((queue) => [
  queue,
  keys.quarantine(queue),
])

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

export interface RunState {
  readonly id: string
  readonly compiled: CompiledPlan
  /** Nodes whose output the catalog lists. */
  readonly listed: ReadonlySet<number>
  readonly nodes: readonly NodeState[]
  cancelling: boolean
  failed: boolean
  error: string | undefined
  status: 'running' | 'succeeded' | 'failed' | 'cancelled'
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
  /** Queues whose list of runs that wait for room was lost, and nobody has noticed. */
  readonly lostRings: Set<string>
  /** Queues whose list of runs may name too many. */
  readonly longRings: Set<string>
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
  /** What was ready and what waited in each queue, before the last command: `run/name`. */
  readonly before: Map<
    string,
    { readonly ready: readonly string[]; readonly wait: readonly string[] }
  >
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

export function newRun(id: string, compiled: CompiledPlan, listed: ReadonlySet<number>): RunState {
  return {
    id,
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
    status: 'running',
    data: new Map(),
    owed: new Map(),
    expired: false,
  }
}

/** Runs that have not ended. */
export function running(world: World): RunState[] {
  return [...world.runs.values()].filter(({ status }) => status === 'running')
}

/** Node runs that have not ended, of all runs. */
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
