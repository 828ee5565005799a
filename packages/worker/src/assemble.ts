import {
  amountsOf,
  type Amounts,
  type Durability,
  type Ledger,
  type ServedQueue,
} from '@pipewright/engine/internal'

import { afterCommit } from './after-commit.ts'
import type { Assignment } from './assignment.ts'
import { Caretaker } from './caretaker.ts'
import { Housekeeping } from './housekeeping.ts'
import type { AttemptObserver } from './isolate/isolate.ts'
import type { KnownPipelines } from './known-pipelines.ts'
import { LeftNodeRuns } from './left-node-runs.ts'
import { QuietLog, type WorkerLog } from './log.ts'
import { Presence } from './presence.ts'
import { Publisher } from './publisher.ts'
import { startQueueWorker, type QueueWorker, type QueueWorkerOptions } from './queue-worker.ts'
import { runReader } from './read-run.ts'
import { Reconciler } from './reconciler.ts'
import { ResourceGate } from './resource-gate.ts'
import { ResourcePool } from './resource-pool.ts'
import { ReusableResults } from './reusable-results.ts'
import { RunCache } from './run-cache.ts'
import { RunStores } from './run-stores.ts'
import { SpecialQueues, type SpecialQueue } from './special-queues.ts'
import type { StoreProof } from './store-proof.ts'
import { Watch } from './watch.ts'
import type { WorkerParts } from './worker-parts.ts'
import type { WorkerOnOptions } from './worker-settings.ts'

const defaultLease = 10_000
const defaultCheckEvery = 5000

type SharedByQueues = Pick<
  QueueWorkerOptions,
  | 'worker'
  | 'ledger'
  | 'durability'
  | 'runs'
  | 'stores'
  | 'known'
  | 'reusable'
  | 'watch'
  | 'logOf'
  | 'onError'
  | 'onSettled'
>

/** What a worker is made on. */
export interface Ground {
  readonly ledger: Ledger
  readonly durability: Durability
  readonly name: string
  readonly log: WorkerLog
  readonly known: KnownPipelines
  readonly proof: StoreProof
}

/** Makes the parts of a worker and starts them. */
export function assemble(ground: Ground, options: WorkerOnOptions): WorkerParts {
  const { ledger, durability, name, log, known } = ground
  const onError = new QuietLog(log).report
  const stores = new RunStores(options.store, options.storeWith)
  const publisher = new Publisher(ledger, stores, onError)
  const watch = new Watch(ledger, name, onError)
  const runs = new RunCache(runReader(ledger.redis, ledger.prefix))
  const queues: QueueWorker[] = []
  const pool = new ResourcePool(amountsOf('The worker', options.resources ?? {}))
  const served = servedQueues(options)
  const left: LeftNodeRuns = new LeftNodeRuns({
    runs,
    known,
    queues: new Set(served.keys()),
    onFound: (found) => {
      specialQueues.serve([...found])
      for (const { name: queue, backend } of queues) if (found.has(queue)) backend.nudge()
    },
  })
  const serve = queueServer(options, pool, {
    ledger,
    onError,
    worker: name,
    known,
    reusable: reusableResults(ledger, stores, options),
    left,
    durability,
    runs,
    stores,
    watch,
    logOf: (assignment) => attemptLog(log, assignment),
    onSettled: (settled) => afterCommit(settled, { caretaker, publisher, log }),
  })
  const specialQueues = new SpecialQueues(served, pool, serve, queues)
  const caretaker = new Caretaker(
    ledger,
    ({ publications, cancelling, special, left: timers }) => {
      for (const member of publications) void publisher.redo(member)
      watch.cancel(cancelling)
      specialQueues.serve(special)
      left.consider(timers).catch(onError)
    },
    onError,
  )
  for (const [queue, most] of served)
    queues.push(serve({ name: queue, concurrency: most, alone: false, need: undefined }))
  caretaker.wakeIn(0)
  const serving = (): ReturnType<QueueWorker['served']>[] => queues.map((queue) => queue.served())
  return {
    redis: ledger.redis,
    queues,
    specialQueues,
    watch,
    caretaker,
    presence: openPresence(ground, options, pool.offer, serving),
    publisher,
    reconciler: reconcilerOf(ledger, runs, log, onError, options),
    isolates: options.isolates,
  }
}

/** Begins to tell others of a worker. */
export function openPresence(
  { ledger, name, log, known, proof }: Ground,
  { lease = defaultLease, checkEvery = defaultCheckEvery, code }: WorkerOnOptions,
  offer: Amounts,
  queues: () => readonly ServedQueue[],
): Presence {
  return new Presence({
    ledger,
    name,
    lease,
    checkEvery,
    queues,
    offer,
    code: code?.fingerprint,
    pipelines: known.plans,
    proof,
    onError: new QuietLog(log).report,
  })
}

/** Queues that a worker serves, and how many node runs of each at a time. */
export function servedQueues({
  queues = ['default'],
  concurrency = 8,
  queueConcurrency = {},
}: WorkerOnOptions): ReadonlyMap<string, number> {
  return new Map(queues.map((each) => [each, queueConcurrency[each] ?? concurrency]))
}

/** Starts to serve a queue of a worker, with what is the same for all its queues. */
function queueServer(
  { isolates, code, grace = 1000, lossBudget = 10, ...options }: WorkerOnOptions,
  pool: ResourcePool,
  { left, ...shared }: SharedByQueues & { readonly left: LeftNodeRuns },
): (queue: SpecialQueue) => QueueWorker {
  const { lease = defaultLease, checkEvery = defaultCheckEvery } = options
  return ({ name: queue, concurrency, alone, need }) =>
    startQueueWorker({
      ...shared,
      grace,
      isolates,
      queue,
      concurrency,
      alone,
      gate: need === undefined ? undefined : new ResourceGate(pool, need),
      wanted: () => left.wanted(queue),
      codeOf: codeOf(code),
      lease,
      checkEvery,
      lossBudget,
    })
}

function reusableResults(
  ledger: Ledger,
  stores: RunStores,
  { pipelines, code }: WorkerOnOptions,
): ReusableResults {
  return new ReusableResults({ ledger, stores, pipelines, codeOf: codeOf(code) })
}

function codeOf(code: WorkerOnOptions['code']): (given: Assignment) => string | undefined {
  return ({ run, node }) => code?.of(run.pipeline, node.name)?.fingerprint
}

function reconcilerOf(
  ledger: Ledger,
  runs: RunCache,
  log: WorkerLog,
  onError: (error: unknown) => void,
  { store, reconcileEvery = 10_000, keepRuns, outboxMaxBytes }: WorkerOnOptions,
): Reconciler {
  return new Reconciler({
    ledger,
    runs,
    interval: reconcileEvery,
    onError,
    housekeeping: new Housekeeping({ ledger, files: store.runFiles, keepRuns, outboxMaxBytes }),
    onMended: (run, nodes) =>
      log.warn({ run, nodes }, 'Node runs that had vanished from their queue were put back.'),
  })
}

function attemptLog(log: WorkerLog, { run, node, attempt }: Assignment): AttemptObserver['onLog'] {
  const where = { run: run.id, node: node.name, attempt }
  return (level, message, fields) => log[level]({ ...fields, ...where }, message)
}
