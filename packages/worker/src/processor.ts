import { NodeError } from '@pipewright/engine'
import {
  chunksOf,
  crashPoint,
  JobData,
  keys,
  madeInputs,
  type Claim,
  type Ledger,
  type LedgerBackend,
  type Outcome,
} from '@pipewright/engine/internal'
import type { Job } from 'bullmq'

import { assignment, type Assignment } from './assignment.ts'
import { Attempt } from './attempt.ts'
import type { AttemptObserver, Isolates } from './isolate/isolate.ts'
import type { KnownPipelines } from './known-pipelines.ts'
import { endWithoutPlan } from './missing-plan.ts'
import type { FoundReuse, ReusableResults } from './reusable-results.ts'
import type { KnownRun, RunCache } from './run-cache.ts'
import type { RunStores } from './run-stores.ts'
import { untilAnswered } from './until-answered.ts'
import type { Watch } from './watch.ts'

/** What processing a job takes. */
export interface ProcessorOptions {
  readonly worker: string
  readonly ledger: Ledger
  readonly runs: RunCache
  readonly stores: RunStores
  readonly watch: Watch
  readonly grace: number
  /** True in quarantine: a node runs in a child process, and when it ends that, it has failed for good. */
  readonly alone: boolean
  readonly isolates: Isolates
  /** What the worker's code has. */
  readonly known: KnownPipelines
  readonly reusable: ReusableResults
  /** Fingerprint of a node's code. */
  codeOf(assignment: Assignment): string | undefined
  logOf(assignment: Assignment): AttemptObserver['onLog']
  readonly onError: (error: unknown) => void
}

/**
 * Processes one job of BullMQ: claim, run, and hand the outcome to the backend, which commits it. It never throws: BullMQ
 * would read the error as an instruction (by its name or message) and spend an attempt.
 */
export async function processJob(
  job: Job,
  token: string,
  backend: LedgerBackend,
  options: ProcessorOptions,
): Promise<void> {
  crashPoint('worker.claimed')
  const jobId = job.id ?? ''
  const claim = backend.takeClaim(jobId)
  const data = JobData.parse(job.data)
  const run = await readRun(data.run, options)
  const references = claim.inputs ?? (await readReferences(data, run, options))
  const given = run === undefined ? undefined : assignment(job, references, data, run)
  if (given === undefined) {
    const start = { count: job.attemptsStarted, at: job.processedOn, token }
    backend.prepare(jobId, orphan(data), start)
    return
  }
  const { outcome, noted } = await perform(given, claim, options)
  const { plan, planHash, id } = given.run
  const settlement = {
    run: id,
    index: given.index,
    plan: planHash,
    total: plan.nodes.length,
    chunks: chunksOf(given.node.dependents.length),
    outcome,
    shown: noted || given.attempt > 1,
    lane: given.lane,
  }
  backend.prepare(jobId, settlement, given.start)
}

async function perform(
  given: Assignment,
  claim: Claim,
  options: ProcessorOptions,
): Promise<{ readonly outcome: Outcome; readonly noted: boolean }> {
  const isPublished = await publishedBy(given.run, options)
  const found = await findReuse(given, claim, options)
  const attempt: Attempt = new Attempt(given, {
    worker: options.worker,
    code: options.codeOf(given),
    isolates: options.isolates,
    onLog: options.logOf(given),
    isPublished,
    basis: found?.basis,
    grace: options.grace,
    alone: options.alone,
    send: async (events) => options.watch.send(attempt, events),
  })
  // An ended node run keeps its record: settle completes what an error cut, and takes nothing from this outcome.
  if (claim.state !== 'run') return { outcome: attempt.cancelledBeforeStart(), noted: true }
  // Before anything is told of it: for all others it was never started.
  if (!options.known.has(given.run, given.index)) return { outcome: attempt.left(), noted: false }
  if (found?.result !== undefined) return { outcome: attempt.reused(found.result), noted: false }
  const earlier = options.watch.find(given.jobId)
  if (earlier !== undefined) {
    // It runs here still, but its lease was lost and this claim ended its turn. Both would share the job's id in BullMQ's
    // list of leases, where the end of one ends the lease of the other; so the next attempt gets a job of its own.
    const reason = new NodeError(
      'ATTEMPT_SUPERSEDED',
      'The worker lost the lease of this attempt; another one follows.',
    )
    earlier.stop('lost', reason)
    return { outcome: attempt.handedBack(reason), noted: true }
  }
  options.watch.add(attempt)
  try {
    const outcome = await attempt.run()
    return { outcome, noted: attempt.noted }
  } finally {
    options.watch.remove(attempt)
  }
}

/** What may be taken in place of running. Where that cannot be told, the node runs. */
async function findReuse(
  given: Assignment,
  claim: Claim,
  { known, reusable, onError }: ProcessorOptions,
): Promise<FoundReuse | undefined> {
  if (claim.state !== 'run' || !known.has(given.run, given.index)) return undefined
  try {
    return await reusable.find(given)
  } catch (error) {
    onError(error)
    return undefined
  }
}

/** Which datasets the catalog lists for a run. With runtime params that it cannot be read with, its nodes fail and say so. */
async function publishedBy(
  { runtimeParams }: KnownRun,
  { stores, onError }: ProcessorOptions,
): Promise<(dataset: string) => boolean> {
  try {
    const store = await stores.of(runtimeParams)
    return (dataset) => store.file(dataset) !== undefined
  } catch (error) {
    onError(error)
    return () => false
  }
}

/** Reads the run; undefined when it is gone, or has just ended because its plan is. */
async function readRun(
  id: string,
  { runs, ledger, onError }: ProcessorOptions,
): Promise<KnownRun | undefined> {
  return untilAnswered(ledger.redis, onError, async () => {
    try {
      return await runs.get(id)
    } catch (error) {
      if (!(await endWithoutPlan(id, error, ledger))) throw error
      onError(error)
      return undefined
    }
  })
}

/** References in one command. */
const batch = 500

/** Reads the references of a node with very many inputs, in parts that hold Redis for a short time each. */
async function readReferences(
  { index }: JobData,
  run: KnownRun | undefined,
  options: ProcessorOptions,
): Promise<readonly (string | null)[]> {
  if (run === undefined) return []
  const { redis, prefix } = options.ledger
  const names = madeInputs(run.plan)[index] ?? []
  const references: (string | null)[] = []
  for (let first = 0; first < names.length; first += batch) {
    const part = names.slice(first, first + batch)
    const read = async (): Promise<(string | null)[]> =>
      redis.hmget(keys.data(prefix, run.id), ...part)
    references.push(...(await untilAnswered(redis, options.onError, read)))
  }
  return references
}

/** For a job whose run is gone: `settle` finds no run and only removes the job. */
function orphan(data: JobData): Parameters<LedgerBackend['prepare']>[1] {
  const record = {
    type: 'node_finished',
    run: data.run,
    node: '',
    index: data.index,
    attempt: 0,
    status: 'cancelled',
    startedAt: 0,
    endedAt: 0,
    worker: '',
    metrics: [],
    outputs: [],
    finalMetrics: {},
  } as const
  const outcome = { type: 'ended', record, outputs: [] } as const
  return {
    run: data.run,
    index: data.index,
    plan: '',
    total: 0,
    chunks: 1,
    outcome,
    shown: false,
    lane: '',
  }
}
