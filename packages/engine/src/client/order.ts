import { milliseconds, type Duration } from '../definition/duration.ts'
import type { PipelineParams } from '../definition/pipeline-types.ts'
import type { Pipeline } from '../definition/pipeline.ts'
import { canonicalJson } from '../plan/canonical-json.ts'
import type { CompiledPlan } from '../plan/plan.ts'
import { queuesOf } from '../plan/queue-name.ts'
import { resolveParams } from '../plan/resolve-params.ts'
import type { Submission } from '../redis/ledger.ts'
import type { RunInputs } from '../run/run-input.ts'
import { admissionFields } from './admission-fields.ts'
import { storedInputs } from './run-inputs.ts'

/** Options of `enqueue`. */
export interface EnqueueOptions<P extends Pipeline = Pipeline> {
  /** Params by name: `{ 'train.epochs': 50, seed: 7 }`, or nested: `{ train: { epochs: 50 } }`. Default: none. */
  readonly params?: PipelineParams<P>
  /**
   * Content of `parameters.yml`: fills in what `params` leaves out. Default: none. For a pipeline by name it is the workers'
   * own that does, and this is not read.
   */
  readonly configured?: Readonly<Record<string, unknown>>
  /**
   * Where inputs of the pipeline lie for this run, in place of what the catalog says: `{ batch: { type: 'csv', filepath } }`;
   * or which version of a versioned one it reads: `{ model: { version } }`. Default: where the catalog has them, the newest.
   */
  readonly inputs?: RunInputs
  /**
   * Values of `${runtime_params:name}` in the workers' `catalog.yml` for this run: nested, or under dotted names. Default: none.
   */
  readonly runtimeParams?: Readonly<Record<string, unknown>>
  /** Idempotency key: a second `enqueue` with it gives the first one's run, as long as that is kept. Default: none. */
  readonly key?: string
  /** Tags of the run, shown in MLflow. Default: none. */
  readonly tags?: Readonly<Record<string, string>>
  /** Milliseconds that the run, and its key, are kept after its end. Default: 14 days, however it ended. */
  readonly retention?: { readonly succeeded: number; readonly failed: number }
  /** Runs of higher priority go first wherever nodes wait for a worker: a whole number from -100 to 100. Default 0. */
  readonly priority?: number
  /** How long the run waits before it begins. Default: not at all. */
  readonly delay?: Duration
  /** Runs with the same key share the pipeline's limit `concurrency.perKey`. Default: none. */
  readonly concurrencyKey?: string
  /**
   * Id of an earlier run that this one goes on with: nodes of which code, params and inputs are as they were keep what it has
   * committed, the others run. Default: none.
   */
  readonly resumes?: string
  /**
   * True to take results of earlier runs for all nodes, wherever code, params and inputs are the same. Results of nodes with
   * `reuse`, and of runs with this option, can be taken. Default: only for nodes with `reuse`.
   */
  readonly reuse?: boolean
  /** How old a result may be that is taken. Default: any age, as long as its run is kept. */
  readonly reuseFor?: Duration
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
  /** Inputs that lie elsewhere for this run, as canonical JSON; empty for none. */
  readonly inputs: string
  /** Values of `${runtime_params:name}`, as canonical JSON; empty for none. */
  readonly runtimeParams: string
  readonly env: string
  /** The plan itself, to be stored where it is not; undefined where only workers have it. */
  readonly compiled: CompiledPlan | undefined
}

/** Milliseconds that a key is kept of a run that does not end: 90 days after it may begin. At the end the run's retention counts. */
const keyRetention = 90 * 86_400_000

/** The order of a pipeline that the caller has. @throws UsageError as `resolveParams` */
export function orderOf(
  pipeline: Pipeline,
  compiled: CompiledPlan,
  { params = {}, configured = {}, env = 'local', inputs, runtimeParams }: EnqueueOptions,
): Order {
  return {
    pipeline,
    plan: compiled.hash,
    queues: queuesOf(compiled.plan),
    params: canonicalJson(resolveParams(pipeline, params, { configured })),
    inputs: storedInputs(pipeline.name, inputs, compiled.plan.inputs),
    runtimeParams: storedRuntimeParams(runtimeParams),
    env,
    compiled,
  }
}

/** As the run's header keeps them. */
export function storedRuntimeParams(given: EnqueueOptions['runtimeParams'] = {}): string {
  return Object.keys(given).length === 0 ? '' : canonicalJson(given)
}

/** What `submit` takes. @throws UsageError `INVALID_PRIORITY`, `MISSING_CONCURRENCY_KEY`; PipelineError `INVALID_DURATION` */
export function submissionOf(run: string, order: Order, options: EnqueueOptions): Submission {
  const { pipeline, plan, queues, params, inputs, runtimeParams, env } = order
  const { key = '' } = options
  const delay = milliseconds(options.delay ?? 0)
  return {
    run,
    plan,
    delay,
    key,
    keyRetention: delay + keyRetention,
    queues,
    header: {
      id: run,
      pipeline: pipeline.name,
      plan,
      params,
      tags: canonicalJson({ ...pipeline.tags, ...options.tags }),
      env,
      ...(inputs === '' ? {} : { inputs }),
      ...(runtimeParams === '' ? {} : { runtimeParams }),
      ...retentionFields(options.retention),
      ...admissionFields(pipeline, options),
      ...reuseFields(options),
      key,
    },
  }
}

/** What workers need to know to take earlier results, and whoever resumes the run. */
function reuseFields({
  params = {},
  resumes,
  reuse,
  reuseFor,
}: EnqueueOptions): Readonly<Record<string, string | number>> {
  return {
    ...(Object.keys(params).length === 0 ? {} : { given: canonicalJson(params) }),
    ...(resumes === undefined ? {} : { resumes }),
    ...(reuse === true ? { reuse: 1 } : {}),
    ...(reuseFor === undefined ? {} : { reuseFor: milliseconds(reuseFor) }),
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
