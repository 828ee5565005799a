import type { Redis } from 'ioredis'
import { ulid } from 'ulid'

import type { Pipeline } from '../definition/pipeline.ts'
import { InfrastructureError, UsageError } from '../errors.ts'
import { canonicalJson } from '../plan/canonical-json.ts'
import { compile } from '../plan/compile.ts'
import type { CompiledPlan } from '../plan/plan.ts'
import type { NodeResumption } from '../plan/resume-reason.ts'
import { confirmed } from '../redis/confirm.ts'
import type { Durability } from '../redis/durability.ts'
import { EventFeed } from '../redis/event-feed.ts'
import type { Ledger, Submission, Submitted } from '../redis/ledger.ts'
import {
  pausePipeline,
  pauseQueue,
  readPaused,
  resumePipeline,
  resumeQueue,
  type Paused,
} from '../redis/pause.ts'
import { storePlan } from '../redis/plan-store.ts'
import { readWorkers, type KnownWorker } from '../redis/presence.ts'
import type { Pruned } from '../redis/prune.ts'
import { readPublished, type PublishedPipeline } from '../redis/published-pipelines.ts'
import { asking } from '../redis/redis-error.ts'
import { Schedules } from '../schedule/schedules.ts'
import type { RunDiff } from './diff/answer.ts'
import { diffRuns } from './diff/diff-runs.ts'
import { readRecorded } from './diff/read-recorded.ts'
import { NamedPipelines } from './named-pipelines.ts'
import {
  orderOf,
  storedRuntimeParams,
  submissionOf,
  type EnqueueOptions,
  type Order,
} from './order.ts'
import { prune, type PruneOptions } from './prune.ts'
import {
  planOfResumption,
  type KeptCheck,
  type ResumeFactsOfNow,
} from './resume/plan-of-resumption.ts'
import { readEnded } from './resume/read-ended.ts'
import { resumedParams } from './resume/resumed-params.ts'
import { RunHandle } from './run-handle.ts'
import { readRun } from './run-reader.ts'
import { Runs } from './runs.ts'
import type { NodeWhy, RunWhy } from './why/answer.ts'
import { whyNode, whyRun } from './why/why.ts'

/** Options of `resume` for a run. */
export interface ResumeOptions<P extends Pipeline = Pipeline> extends Omit<
  EnqueueOptions<P>,
  'resumes'
> {
  /** The pipeline as it is now, or its name. Default: what workers have published under the name of the run's. */
  readonly pipeline?: P | P['name']
  /** True for all params as the run had them, also those of its configuration. Default false. */
  readonly sameParams?: boolean
}

/** A queue or a pipeline. */
export type Pausable = { readonly queue: string } | { readonly pipeline: string }

/** Enqueues pipelines and reads runs. Made by `connect`. */
export class Client {
  readonly #ledger: Ledger
  readonly #durability: Durability
  readonly #feed: EventFeed
  readonly #compiled = new WeakMap<Pipeline, CompiledPlan>()
  readonly #stored = new Set<string>()
  readonly #named = new NamedPipelines()
  /** Lists and reads runs. */
  readonly runs: Runs
  /** Lists and changes schedules. Workers fire them. */
  readonly schedules: Schedules<RunHandle>

  constructor(ledger: Ledger, durability: Durability) {
    this.#ledger = ledger
    this.#durability = durability
    this.#feed = new EventFeed(ledger.redis, ledger.prefix)
    this.runs = new Runs(ledger.redis, ledger.prefix)
    this.schedules = new Schedules(ledger.redis, ledger.prefix, async (pipeline, order) =>
      this.enqueue(pipeline, order),
    )
  }

  get #redis(): Redis {
    return this.#ledger.redis
  }

  /**
   * Creates a run of a pipeline: of one that the caller has, or by name of one that workers have published. It returns when the
   * run is in Redis, with `durability: 'strict'` when it is on disk there; workers take it from there.
   *
   * @throws PipelineError when the pipeline does not compile; UsageError `UNKNOWN_PIPELINE` (no worker has published the name),
   * `UNKNOWN_PARAM`, `INVALID_PARAM`, `MISSING_PARAM`, `UNKNOWN_DATASET` and `INVALID_RUN_INPUT` (of `inputs`), `INVALID_PRIORITY`, `MISSING_CONCURRENCY_KEY`, `KEY_CONFLICT` (the key
   * names a run of another pipeline or with other params or inputs or inputs); InfrastructureError
   * `REDIS_…`. After `REDIS_TIMEOUT` the run may exist: enqueue it again with the same `key`, which finds it. With
   * `durability: 'strict'` also `DURABILITY_UNAVAILABLE` (nothing was written) and `DURABILITY_UNCONFIRMED` (the run exists
   * unless Redis loses it; the same `key` finds it)
   *
   * @example
   * const run = await client.enqueue(training, { params: { train: { epochs: 50 } }, key: 'retrain-2026-11' })
   * // by name, with the types of `import type { training }`; without <…>, params are checked when they are enqueued alone
   * const other = await client.enqueue<typeof training>('training', { params: { train: { epochs: 50 } } })
   */
  async enqueue<P extends Pipeline = Pipeline>(
    pipeline: P | P['name'],
    options: EnqueueOptions<P> = {},
  ): Promise<RunHandle<P>> {
    const name = typeof pipeline === 'string' ? pipeline : pipeline.name
    const submitted = await asking(this.#redis, `enqueue a run of pipeline "${name}"`, async () => {
      const order = await this.#order(pipeline, options)
      const run = ulid()
      const submission = submissionOf(run, order, options)
      const found = await confirmed(this.#durability, `Run ${run}`, async () =>
        this.#submit(order, submission),
      )
      if (found.state === 'known') await this.#assertSame(found.run, order, options.key ?? '')
      return found
    })
    // Of a run with very many roots, submit releases the first; workers follow the rest of them.
    return this.#handle(submitted.run)
  }

  /**
   * The pipelines that workers have published, by name: what can be enqueued by name, with params as JSON Schema.
   *
   * @throws InfrastructureError `REDIS_…`
   */
  async pipelines(): Promise<readonly PublishedPipeline[]> {
    return asking(this.#redis, 'list pipelines', async () =>
      readPublished(this.#redis, this.#ledger.prefix),
    )
  }

  /**
   * A handle of a run that exists: `client.run<typeof training>(id)` has the types of what it makes.
   *
   * @throws InfrastructureError `RUN_NOT_FOUND`, `REDIS_…`
   */
  async run<P extends Pipeline = Pipeline>(id: string): Promise<RunHandle<P>> {
    const handle = this.#handle<P>(id)
    await handle.get()
    return handle
  }

  /**
   * Says exactly why a run does not move, or a node of it: what it waits for, since when, and who has to do something. It only
   * reads. `runReasonText` and `nodeReasonText` say it in words.
   *
   * @throws UsageError `UNKNOWN_NODE`; InfrastructureError `RUN_NOT_FOUND`, `PLAN_MISSING`, `REDIS_…`
   *
   * @example
   * const { reason, moving } = await client.why(run.id)
   */
  async why(run: string): Promise<RunWhy>
  async why(run: string, node: string): Promise<NodeWhy>
  async why(run: string, node?: string): Promise<RunWhy | NodeWhy> {
    const { prefix } = this.#ledger
    if (node === undefined) return whyRun(this.#redis, prefix, run)
    return whyNode(this.#redis, prefix, run, node)
  }

  /**
   * Says what differs between two runs, node by node: in code, params and inputs, and the metrics side by side. It only reads.
   * `nodeDiffText` says it in words.
   *
   * @param before Id of the run that the other is compared with.
   * @throws InfrastructureError `RUN_NOT_FOUND`, `PLAN_MISSING`, `REDIS_…`
   *
   * @example
   * const { first, nodes } = await client.diff(yesterday.id, today.id)
   */
  async diff(before: string, after: string): Promise<RunDiff> {
    const { prefix } = this.#ledger
    return asking(this.#redis, `compare run ${before} with run ${after}`, async () => {
      const a = await readRecorded(this.#redis, prefix, before)
      return diffRuns(a, await readRecorded(this.#redis, prefix, after))
    })
  }

  /** Workers that are alive, and those that were lost within the last hour, by name. @throws InfrastructureError `REDIS_…` */
  async workers(): Promise<readonly KnownWorker[]> {
    const read = async (): Promise<readonly KnownWorker[]> =>
      (await readWorkers(this.#redis, this.#ledger.prefix)).workers
    return asking(this.#redis, 'list workers', read)
  }

  /**
   * Pauses a queue: no worker takes a node run from it; those that run go on. Or a pipeline: no run of it begins, however it
   * was enqueued; those that have begun go on.
   *
   * @throws InfrastructureError `REDIS_…`
   *
   * @example
   * await client.pause({ pipeline: 'retrain' })
   */
  async pause(what: Pausable): Promise<void> {
    const { prefix } = this.#ledger
    await asking(this.#redis, 'pause', async () =>
      'queue' in what
        ? pauseQueue(this.#redis, prefix, what.queue)
        : pausePipeline(this.#redis, prefix, what.pipeline),
    )
  }

  /** Undoes `pause`; what waited goes on at once. @throws InfrastructureError `REDIS_…` */
  async resume(what: Pausable): Promise<void>
  /**
   * Goes on with a run that has ended, as a new run with the code and the configuration of now: nodes of which nothing has
   * changed keep what it has committed, the others run. Params that were given then are given again.
   *
   * @throws UsageError `RUN_NOT_ENDED`; InfrastructureError `RUN_NOT_FOUND`; and as `enqueue`
   *
   * @example
   * const run = await client.resume(failed.id, { pipeline: training, params: { 'train.epochs': 50 } })
   */
  async resume<P extends Pipeline = Pipeline>(
    run: string,
    options?: ResumeOptions<P>,
  ): Promise<RunHandle<P>>
  async resume(
    what: Pausable | string,
    { pipeline, sameParams = false, ...options }: ResumeOptions = {},
  ): Promise<RunHandle | void> {
    const { prefix } = this.#ledger
    if (typeof what === 'string') {
      const earlier = await asking(this.#redis, `read run ${what}`, async () =>
        readEnded(this.#redis, prefix, what),
      )
      const params = resumedParams(earlier, options.params ?? {}, sameParams)
      return this.enqueue(pipeline ?? earlier.pipeline, { ...options, params, resumes: what })
    }
    await asking(this.#redis, 'resume', async () => {
      if ('queue' in what) await resumeQueue(this.#redis, prefix, what.queue)
      else await resumePipeline(this.#redis, prefix, what.pipeline)
      await this.#ledger.advance()
    })
  }

  /**
   * Says of each node of a run that would resume another whether it keeps what that has committed, or runs, and why. It only
   * reads. A node that runs because an input of it is made again keeps its result after all when the input turns out the same.
   *
   * @param facts What is known of the project of now.
   * @param check Looks whether what was committed is still in the store.
   * @throws UsageError `RUN_NOT_ENDED`; InfrastructureError `RUN_NOT_FOUND`, `PLAN_MISSING`, `STORAGE_FAILED`, `REDIS_…`
   */
  async resumePlan(
    run: string,
    facts: ResumeFactsOfNow,
    check: KeptCheck,
  ): Promise<readonly NodeResumption[]> {
    const where = { redis: this.#redis, prefix: this.#ledger.prefix }
    return asking(this.#redis, `plan how to resume run ${run}`, async () => {
      await readEnded(where.redis, where.prefix, run)
      return planOfResumption(where, run, facts, check)
    })
  }

  /** What is paused. @throws InfrastructureError `REDIS_…` */
  async paused(): Promise<Paused> {
    return asking(this.#redis, 'read what is paused', async () =>
      readPaused(this.#redis, this.#ledger.prefix),
    )
  }

  /**
   * Removes ended runs with everything that belongs to them: records, references, files of the store, dead letters,
   * idempotency keys. Runs that have not ended and the catalog's paths are never touched. What MLflow holds stays.
   *
   * @throws InfrastructureError `REDIS_…`, `STORAGE_FAILED`. What was removed by then is gone; the rest is as it was
   *
   * @example
   * const { runs, fileBytes } = await client.prune({ olderThan: 30 * 86_400_000, dryRun: true })
   */
  async prune(options: PruneOptions = {}): Promise<Pruned> {
    const { prefix } = this.#ledger
    return asking(this.#redis, 'prune runs', () => prune({ redis: this.#redis, prefix }, options))
  }

  /** Closes the connection. Runs go on. */
  async close(): Promise<void> {
    this.#feed.close()
    this.#durability.close()
    this.#redis.disconnect()
    return Promise.resolve()
  }

  #handle<P extends Pipeline = Pipeline>(id: string): RunHandle<P> {
    const [ledger, durability, feed] = [this.#ledger, this.#durability, this.#feed]
    return new RunHandle({ ledger, durability, feed }, id)
  }

  async #order(pipeline: Pipeline | string, options: EnqueueOptions): Promise<Order> {
    if (typeof pipeline !== 'string') return orderOf(pipeline, this.#compile(pipeline), options)
    return this.#named.order(this.#redis, this.#ledger.prefix, pipeline, options)
  }

  async #submit({ compiled, plan }: Order, submission: Submission): Promise<Submitted> {
    if (compiled !== undefined && !this.#stored.has(plan)) {
      await storePlan(this.#redis, this.#ledger.prefix, compiled)
      this.#stored.add(plan)
    }
    const submitted = await this.#ledger.submit(submission)
    if (submitted.state !== 'no-plan') return submitted
    if (compiled === undefined) {
      throw new InfrastructureError('PLAN_MISSING', `Plan ${plan} is not in Redis.`, {
        hint: 'Something removed it since a worker published it. Workers publish it again when they start.',
      })
    }
    // The server was flushed since this client stored the plan.
    await storePlan(this.#redis, this.#ledger.prefix, compiled)
    const again = await this.#ledger.submit(submission)
    if (again.state !== 'no-plan') return again
    throw new InfrastructureError('PLAN_MISSING', `Plan ${plan} vanishes from Redis.`, {
      hint: 'Something removes its keys, or it was flushed again at this moment. Enqueue the run again.',
    })
  }

  #compile(pipeline: Pipeline): CompiledPlan {
    let compiled = this.#compiled.get(pipeline)
    if (compiled === undefined) {
      compiled = compile(pipeline)
      this.#compiled.set(pipeline, compiled)
    }
    return compiled
  }

  async #assertSame(
    id: string,
    { pipeline, params, inputs, runtimeParams }: Order,
    key: string,
  ): Promise<void> {
    const run = await readRun(this.#redis, this.#ledger.prefix, id)
    if (run === undefined) {
      throw new InfrastructureError(
        'RUN_NOT_FOUND',
        `Key "${key}" names run ${id}, which is not known any more.`,
        {
          hint: 'Use another key.',
        },
      )
    }
    const earlier = canonicalJson(run.params)
    const others = run.inputs === undefined ? '' : canonicalJson(run.inputs)
    const runtime = storedRuntimeParams(run.runtimeParams)
    const known = `Key "${key}" names run ${id} of pipeline "${run.pipeline}" with`
    if (others !== inputs) {
      throw new UsageError(
        'KEY_CONFLICT',
        `${known} inputs ${others || 'of the catalog'}, not "${pipeline.name}" with ${inputs || 'those of the catalog'}.`,
        { hint: 'Use another key, or the same pipeline, params and inputs.' },
      )
    }
    if (runtime !== runtimeParams) {
      throw new UsageError(
        'KEY_CONFLICT',
        `${known} runtime params ${runtime || '{}'}, not "${pipeline.name}" with ${runtimeParams || '{}'}.`,
        { hint: 'Use another key, or the same runtime params.' },
      )
    }
    if (run.pipeline === pipeline.name && earlier === params) return
    throw new UsageError(
      'KEY_CONFLICT',
      `${known} params ${earlier}, not "${pipeline.name}" with ${params}.`,
      { hint: 'Use another key, or the same pipeline and params.' },
    )
  }
}
