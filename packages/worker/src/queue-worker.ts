import {
  type ClaimGate,
  type Durability,
  keys,
  ledgerBackendFactory,
  lowWaterOf,
  type Ledger,
  type LedgerBackend,
  type ServedQueue,
  type Settled,
} from '@pipewright/engine/internal'
import { Worker, type Job } from 'bullmq'

import { LeaseRenewal } from './lease-renewal.ts'
import { processJob, type ProcessorOptions } from './processor.ts'

/** Settings of one queue's worker; times in milliseconds. */
export interface QueueWorkerOptions extends ProcessorOptions {
  readonly ledger: Ledger
  /** When a commit counts. */
  readonly durability: Durability
  readonly queue: string
  readonly concurrency: number
  /** How long a claim lasts without renewal. */
  readonly lease: number
  /** How often lost workers are looked for. */
  readonly checkEvery: number
  /** Losses after which a node run fails. */
  readonly lossBudget: number
  /** What each claim takes from the worker; undefined for nothing. */
  readonly gate: ClaimGate | undefined
  /** What others left in the queue and the next claim would take. */
  readonly wanted: () => readonly string[]
  /** Told of each committed or refused attempt. */
  onSettled(settled: Settled): void
}

/** A BullMQ worker of one queue with the ledger as its backend. */
export interface QueueWorker {
  readonly name: string
  readonly worker: { close(): Promise<void> }
  readonly backend: LedgerBackend
  /** What the worker tells of the queue to those who ask which workers there are. */
  served(): ServedQueue
}

/** Starts to claim jobs of a queue. */
export function startQueueWorker(options: QueueWorkerOptions): QueueWorker {
  const { ledger, lease } = options
  const { factory, made } = ledgerBackend(options)
  const renewal = new LeaseRenewal({
    lease,
    extend: async (jobIds, tokens) => made().extendLocks([...jobIds], [...tokens], lease),
    onLost: (jobId) => void renewLease(jobId, made(), options).catch(options.onError),
    onError: options.onError,
  })
  let running = 0
  const worker = new Worker(
    options.queue,
    async (job: Job, token?: string) => {
      running += 1
      try {
        await renewal.during(job.id ?? '', token ?? '', async () =>
          processJob(job, token ?? '', made(), options),
        )
      } finally {
        running -= 1
      }
    },
    {
      connection: ledger.redis,
      prefix: keys.queuePrefix(ledger.prefix),
      name: options.worker,
      concurrency: options.concurrency,
      lockDuration: lease,
      // `LeaseRenewal` does it.
      skipLockRenewal: true,
      stalledInterval: options.checkEvery,
      // The ledger counts losses; BullMQ's own limits would fail innocent nodes.
      maxStalledCount: Number.MAX_SAFE_INTEGER,
      removeOnComplete: { count: 0 },
      removeOnFail: { count: 0 },
      runRetryDelay: 500,
      drainDelay: 5,
    },
    factory,
  )
  worker.on('error', options.onError)
  const settled = (job: Job): void => {
    const what = made().takeSettled(job.id ?? '')
    if (what !== undefined) options.onSettled(what)
  }
  worker.on('completed', settled)
  const { queue: name, concurrency } = options
  const served = (): ServedQueue => ({ name, concurrency, running, id: worker.id })
  return { name, worker, backend: made(), served }
}

/** A factory for BullMQ's worker, and the backend that it has made. */
function ledgerBackend({
  ledger,
  durability,
  lossBudget,
  concurrency,
  gate,
  wanted,
  onError,
}: QueueWorkerOptions): {
  readonly factory: ReturnType<typeof ledgerBackendFactory>
  readonly made: () => LedgerBackend
} {
  let backend: LedgerBackend | undefined
  const { redis, prefix } = ledger
  const factory = ledgerBackendFactory(
    {
      redis,
      prefix,
      durability,
      lossBudget,
      lowWater: lowWaterOf(concurrency),
      gate,
      wanted,
      onCommitError: onError,
    },
    (opened) => {
      backend = opened
    },
  )
  const made = (): LedgerBackend => {
    if (backend === undefined) throw new Error('BullMQ made no backend.')
    return backend
  }
  return { factory, made }
}

/** A lease that ran out is no loss by itself: it is taken again unless another attempt has started. */
async function renewLease(
  jobId: string,
  backend: LedgerBackend,
  { watch }: QueueWorkerOptions,
): Promise<void> {
  const attempt = watch.find(jobId)
  if (attempt === undefined) return
  if (await backend.renew(jobId, attempt.assignment.start)) return
  attempt.stop('lost', new Error('Another worker has taken this node run over.'))
}
