import type { Durability, Ledger } from '@pipewright/engine/internal'

import { afterCommit } from './after-commit.ts'
import type { Assignment } from './assignment.ts'
import { Caretaker } from './caretaker.ts'
import { Housekeeping } from './housekeeping.ts'
import type { AttemptObserver } from './isolate/isolate.ts'
import { QuietLog, type WorkerLog } from './log.ts'
import { Presence } from './presence.ts'
import { Publisher } from './publisher.ts'
import { Quarantine } from './quarantine.ts'
import { startQueueWorker, type QueueWorker } from './queue-worker.ts'
import { runReader } from './read-run.ts'
import { Reconciler } from './reconciler.ts'
import { RunCache } from './run-cache.ts'
import { Watch } from './watch.ts'
import type { WorkerParts } from './worker-parts.ts'
import type { WorkerOnOptions } from './worker-settings.ts'

/** Makes the parts of a worker and starts them. */
export function assemble(
  ledger: Ledger,
  durability: Durability,
  name: string,
  log: WorkerLog,
  options: WorkerOnOptions,
): WorkerParts {
  const onError = new QuietLog(log).report
  const { isolates, store, lease = 10_000, checkEvery = 5000 } = options
  const publisher = new Publisher(ledger, store, onError)
  const watch = new Watch(ledger, name, onError)
  const runs = new RunCache(runReader(ledger.redis, ledger.prefix))
  const names = options.queues ?? ['default']
  const queues: QueueWorker[] = []
  const serve = (queue: string, concurrency: number, alone: boolean): QueueWorker =>
    startQueueWorker({
      worker: name,
      ledger,
      durability,
      runs,
      watch,
      grace: options.grace ?? 1000,
      isolates,
      logOf: (assignment) => attemptLog(log, assignment),
      isPublished: (dataset) => store.file(dataset) !== undefined,
      onError,
      queue,
      concurrency,
      alone,
      lease,
      checkEvery,
      lossBudget: options.lossBudget ?? 10,
      onSettled: (settled) => afterCommit(settled, { caretaker, publisher, log }),
    })
  const quarantine = new Quarantine(names, (queue) => serve(queue, 1, true), queues)
  const caretaker = new Caretaker(
    ledger,
    ({ publications, cancelling, quarantines }) => {
      for (const member of publications) void publisher.redo(member)
      watch.cancel(cancelling)
      quarantine.serve(quarantines)
    },
    onError,
  )
  const { concurrency = 8, queueConcurrency = {} } = options
  for (const name of names) queues.push(serve(name, queueConcurrency[name] ?? concurrency, false))
  caretaker.wakeIn(0)
  const served = (): ReturnType<QueueWorker['served']>[] => queues.map((queue) => queue.served())
  return {
    redis: ledger.redis,
    queues,
    quarantine,
    watch,
    caretaker,
    presence: new Presence({ ledger, name, lease, checkEvery, queues: served, onError }),
    publisher,
    reconciler: reconcilerOf(ledger, runs, log, onError, options),
    isolates,
  }
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
