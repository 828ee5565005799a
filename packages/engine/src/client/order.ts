import { milliseconds, type Duration } from '../definition/duration.ts'
import type { PipelineParams } from '../definition/pipeline-types.ts'
import type { Pipeline } from '../definition/pipeline.ts'
import { canonicalJson } from '../plan/canonical-json.ts'
import type { CompiledPlan } from '../plan/plan.ts'
import { queuesOf } from '../plan/queue-name.ts'
import { resolveParams } from '../plan/resolve-params.ts'
import type { Submission } from '../redis/ledger.ts'
import { admissionFields } from './admission-fields.ts'

/** Options of `enqueue`. */
export interface EnqueueOptions<P extends Pipeline = Pipeline> {
  /** Params by name: `{ 'train.epochs': 50, seed: 7 }`, or nested: `{ train: { epochs: 50 } }`. Default: none. */
  readonly params?: PipelineParams<P>
  /**
   * Content of `parameters.yml`: fills in what `params` leaves out. Default: none. For a pipeline by name it is the workers'
   * own that does, and this is not read.
   */
  readonly configured?: Readonly<Record<string, unknown>>
  /** Idempotency key: a second `enqueue` with it gives the first one's run. Default: none. */
  readonly key?: string
  /** How long the key gives this run. Default 14 days. */
  readonly keyRetention?: Duration
  /** Tags of the run, shown in MLflow. Default: none. */
  readonly tags?: Readonly<Record<string, string>>
  /** Milliseconds that the run is kept after its end. Default: 14 days, however it ended. */
  readonly retention?: { readonly succeeded: number; readonly failed: number }
  /** Runs of higher priority go first wherever nodes wait for a worker: a whole number from -100 to 100. Default 0. */
  readonly priority?: number
  /** How long the run waits before it begins. Default: not at all. */
  readonly delay?: Duration
  /** Runs with the same key share the pipeline's limit `concurrency.perKey`. Default: none. */
  readonly concurrencyKey?: string
  /**
   * Name of the configuration environment that the run was enqueued for. Default `local`. For a pipeline by name it is that of
   * the workers that published it, and this is not read.
   */
  readonly env?: string
}

/** What is enqueued, whether the pipeline was given as a value or by its name. */
export interface Order {
  readonly pipeline: Pick<Pipeline, 'name' | 'tags' | 'concurrency'>
  /** Hash of the plan. */
  readonly plan: string
  readonly queues: readonly string[]
  /** All params of the run, as canonical JSON. */
  readonly params: string
  readonly env: string
  /** The plan itself, to be stored where it is not; undefined where only workers have it. */
  readonly compiled: CompiledPlan | undefined
}

/** 14 days, as the run itself after its end. */
const defaultKeyRetention = 14 * 86_400_000

/** The order of a pipeline that the caller has. @throws UsageError as `resolveParams` */
export function orderOf(
  pipeline: Pipeline,
  compiled: CompiledPlan,
  { params = {}, configured = {}, env = 'local' }: EnqueueOptions,
): Order {
  return {
    pipeline,
    plan: compiled.hash,
    queues: queuesOf(compiled.plan),
    params: canonicalJson(resolveParams(pipeline, params, { configured })),
    env,
    compiled,
  }
}

/** What `submit` takes. @throws UsageError `INVALID_PRIORITY`, `MISSING_CONCURRENCY_KEY`; PipelineError `INVALID_DURATION` */
export function submissionOf(run: string, order: Order, options: EnqueueOptions): Submission {
  const { pipeline, plan, queues, params, env } = order
  const { key = '', delay = 0, keyRetention = defaultKeyRetention } = options
  return {
    run,
    plan,
    delay: milliseconds(delay),
    key,
    keyRetention: Math.max(1, milliseconds(keyRetention)),
    queues,
    header: {
      id: run,
      pipeline: pipeline.name,
      plan,
      params,
      tags: canonicalJson({ ...pipeline.tags, ...options.tags }),
      env,
      ...retentionFields(options.retention),
      ...admissionFields(pipeline, options),
      key,
    },
  }
}

/** In seconds, as the ledger's scripts take them. */
function retentionFields(retention: EnqueueOptions['retention']): Readonly<Record<string, number>> {
  if (retention === undefined) return {}
  return { retention: seconds(retention.succeeded), retentionFailed: seconds(retention.failed) }
}

function seconds(milliseconds: number): number {
  return Math.max(1, Math.ceil(milliseconds / 1000))
}
