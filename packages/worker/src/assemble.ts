import { amountsOf, type Durability, type Ledger } from '@pipewright/engine/internal'

import { afterCommit } from './after-commit.ts'
import type { Assignment } from './assignment.ts'
import { Caretaker } from './caretaker.ts'
import { Housekeeping } from './housekeeping.ts'
import type { AttemptObserver } from './isolate/isolate.ts'
import { QuietLog, type WorkerLog } from './log.ts'
import { Presence } from './presence.ts'
import { Publisher } from './publisher.ts'
import { startQueueWorker, type QueueWorker, type QueueWorkerOptions } from './queue-worker.ts'
import { runReader } from './read-run.ts'
import { Reconciler } from './reconciler.ts'
import { ResourceGate } from './resource-gate.ts'
import { ResourcePool } from './resource-pool.ts'
import { RunCache } from './run-cache.ts'
import { SpecialQueues, type SpecialQueue } from './special-queues.ts'
import { Watch } from './watch.ts'
import type { WorkerParts } from './worker-parts.ts'
import type { WorkerOnOptions } from './worker-settings.ts'

const defaultLease = 10_000
const defaultCheckEvery = 5000

/** Makes the parts of a worker and starts them. */
export function assemble(
  ledger: Ledger,
  durability: Durability,
  name: string,
  log: WorkerLog,
  options: WorkerOnOptions,
): WorkerParts {
  const onError = new QuietLog(log).report
  const { isolates, store, lease = defaultLease, checkEvery = defaultCheckEvery } = options
  const publisher = new Publisher(ledger, store, onError)
  const watch = new Watch(ledger, name, onError)
  const runs = new RunCache(runReader(ledger.redis, ledger.prefix))
  const names = options.queues ?? ['default']
  const queues: QueueWorker[] = []
  const pool = new ResourcePool(amountsOf('The worker', options.resources ?? {}))
  const shared = { ledger, onError }
  const serve = queueServer(options, pool, {
    ...shared,
    worker: name,
    durability,
    runs,
    watch,
    logOf: (assignment) => attemptLog(log, assignment),
    onSettled: (settled) => afterCommit(settled, { caretaker, publisher, log }),
  })
  const { concurrency = 8, queueConcurrency = {} } = options
  const served = new Map(names.map((each) => [each, queueConcurrency[each] ?? concurrency]))
  const specialQueues = new SpecialQueues(served, pool, serve, queues)
  const caretaker = new Caretaker(
    ledger,
    ({ publications, cancelling, special }) => {
      for (const member of publications) void publisher.redo(member)
      watch.cancel(cancelling)
      specialQueues.serve(special)
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
    presence: new Presence({
      ...shared,
      name,
      lease,
      checkEvery,
      queues: serving,
      offer: pool.offer,
    }),
    publisher,
    reconciler: reconcilerOf(ledger, runs, log, onError, options),
    isolates,
  }
}

/** Starts to serve a queue of a worker, with what is the same for all its queues. */
function queueServer(
  { isolates, store, grace = 1000, lossBudget = 10, ...options }: WorkerOnOptions,
  pool: ResourcePool,
  shared: Pick<
    QueueWorkerOptions,
    'worker' | 'ledger' | 'durability' | 'runs' | 'watch' | 'logOf' | 'onError' | 'onSettled'
  >,
): (queue: SpecialQueue) => QueueWorker {
  const { lease = defaultLease, checkEvery = defaultCheckEvery } = options
  return ({ name: queue, concurrency, alone, need }) =>
    startQueueWorker({
      ...shared,
      grace,
      isolates,
      isPublished: (dataset) => store.file(dataset) !== undefined,
      queue,
      concurrency,
      alone,
      gate: need === undefined ? undefined : new ResourceGate(pool, need),
      lease,
      checkEvery,
      lossBudget,
    })
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
