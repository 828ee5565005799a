import { assertConcurrency } from './concurrency.ts'
import type { Dataset, Value } from './dataset.ts'
import { milliseconds, type Duration } from './duration.ts'
import { assertName } from './name.ts'
import type { NodeContext } from './node-context.ts'
import { captureOrigin } from './origin.ts'
import {
  paramFields,
  type ParamField,
  type ParamsDeclaration,
  type ParamsInput,
  type ParamsOf,
} from './param.ts'
import { amountsOf, type Amounts, type Resources } from './resources.ts'
import { retryPolicy, type Backoff, type RetryPolicy } from './retry-policy.ts'
import { triggerOf, type Trigger } from './trigger.ts'
import { versionOf } from './version.ts'

/** Datasets under the argument names that a node gives them. */
export type Datasets = Readonly<Record<string, Dataset>>

/** The values of datasets, under the same names. */
export type Values<D extends Datasets> = { readonly [Key in keyof D]: Value<D[Key]> }

/** What a node's function gets: with a trigger other than `allSucceeded`, an input may not have been made. */
export type ReadValues<D extends Datasets, T extends Trigger = 'allSucceeded'> = [T] extends [
  'allSucceeded',
]
  ? Values<D>
  : { readonly [Key in keyof D]: Value<D[Key]> | undefined }

/**
 * Where a node's function runs: a thread of the worker (default), a child process, or the claiming thread itself. `python`: a
 * thread that only waits for Python processes, which is what `pythonNode` sets.
 */
export type Isolation = 'thread' | 'process' | 'inline' | 'python'

/** What must come back from `run`: every declared output, nothing else. A node without outputs may return nothing. */
type Returned<O extends Datasets, R> = [keyof O] extends [never]
  ? R | void
  : R & Values<O> & { readonly [Key in Exclude<keyof R, keyof O>]: never }

/** Everything that `node` takes. */
export interface NodeDefinition<
  I extends Datasets,
  O extends Datasets,
  P extends ParamsDeclaration,
  R,
  Name extends string = string,
  T extends Trigger = 'allSucceeded',
> {
  /** Unique in its pipeline; shown in MLflow as the nested run's name. */
  readonly name: Name
  /** Datasets that the node reads, under the names that `run` uses. */
  readonly inputs: I
  /** Datasets that the node makes. `run` returns exactly these. */
  readonly outputs: O
  /** The node's own params (`<node>.<key>`) and shared ones made by `param`. Default: none. */
  readonly params?: P
  /** How many times a failed attempt is tried again. Default 0. */
  readonly retries?: number
  /** Pause before the next attempt: exponential from 1 s to 1 min with full jitter by default. */
  readonly backoff?: Backoff
  /** Longest time of one attempt; then its signal is aborted and its isolate ended. Default: none. */
  readonly timeout?: Duration
  /** The BullMQ queue whose workers run it. Default `default`. */
  readonly queue?: string
  /** Runs of this node at a time, on all workers and in all runs of the pipeline together. Default: any number. */
  readonly concurrency?: number
  /**
   * What it needs while it runs: `{ gpu: 1, memory: '8GiB' }`. Only workers that offer as much, and have it to spare, take
   * it. Default: nothing.
   */
  readonly resources?: Resources
  /** Default `thread`. */
  readonly isolation?: Isolation
  /** Labels for slices (`--tags`) and policies. */
  readonly tags?: readonly string[]
  /**
   * When it runs. `allSucceeded`: when all nodes that it needs have succeeded; one that failed or was skipped skips it at once.
   * `anySucceeded`: when all of them have ended and at least one has succeeded. `allDone`: when all of them have ended, however.
   * With the last two an input is `undefined` when its node did not succeed. Default `allSucceeded`.
   */
  readonly trigger?: T
  /**
   * Takes the result of an earlier run in place of running when nothing has changed: code, params, contents of inputs, names and
   * formats of outputs. Default false.
   */
  readonly reuse?: boolean
  /**
   * Takes the place of the code where results are reused: as long as this is the same, the code counts as the same. Up to 100
   * characters. Default: none, so that the code itself counts.
   */
  readonly version?: string
  /** The work itself. It may be called more than once (a lost worker, a retry): make its outside effects idempotent. */
  run(
    inputs: ReadValues<I, T>,
    context: NodeContext<ParamsOf<P>>,
  ): Returned<O, R> | Promise<Returned<O, R>>
}

/** A node as pipelines hold it: frozen data and one function. */
export interface Node<
  I extends Datasets = Datasets,
  O extends Datasets = Datasets,
  P = unknown,
  Name extends string = string,
  D = unknown,
  T extends Trigger = Trigger,
> {
  readonly name: Name
  readonly inputs: I
  readonly outputs: O
  readonly params: readonly ParamField[]
  readonly retry: RetryPolicy
  /** Milliseconds, or undefined for none. */
  readonly timeout: number | undefined
  readonly queue: string
  readonly concurrency: number | undefined
  readonly resources: Amounts
  readonly isolation: Isolation
  readonly tags: readonly string[]
  /** When it runs; left out for `allSucceeded`. */
  readonly trigger?: T
  /** True when results of earlier runs are taken; left out otherwise. */
  readonly reuse?: true
  /** Takes the place of the code where results are reused. */
  readonly version?: string
  /** Of a branch: what it chooses among. */
  readonly choices?: Choices
  /** Of a map: what it goes over, and the node that runs for each element. */
  readonly map?: NodeMap
  /** The user's function with its types erased; inputs and params are parsed before it is called. */
  readonly run: NodeFunction
  /** Source text of the user's function. Its sha256 is the node's fingerprint in the plan. */
  readonly source: string
  /** True when it may be given inputs that were not loaded, as `EncodedInput`. Default false. */
  readonly encodedInputs?: boolean
  /** The modules that define it, as stacks name them: its own first. For the fingerprint of its code. */
  readonly origin?: () => readonly string[]
  /** Carries the type in which the params are given, for `runNode`; never set. */
  readonly paramsType?: P
  /** Carries the declaration of its params, for the types of its pipelines; never set. */
  readonly declared?: D
}

/** What a branch chooses among: choice -> names of the nodes that run when it is chosen. */
export type Choices = Readonly<Record<string, readonly string[]>>

/** What a map goes over. */
export interface NodeMap {
  /**
   * The node that runs for each element, and is no map itself: under `as` it gets an element of each dimension, its other inputs
   * are the map's own, its outputs are those of one element.
   */
  readonly element: AnyNode
  /** Outermost first. */
  readonly dimensions: readonly {
    /** A list, a table or partitions. Of partitions an element is `{ id, value }`. */
    readonly over: Dataset
    readonly as: string
  }[]
  readonly maxParallel?: number
  readonly tolerate?: number
}

/** A node's function as the engine calls it. */
export type NodeFunction = (
  inputs: Readonly<Record<string, unknown>>,
  context: NodeContext<Readonly<Record<string, unknown>>>,
) => unknown

/** Any node, whatever its types. */
export type AnyNode = Node

/**
 * Defines a node: a function from datasets and params to datasets.
 *
 * @throws PipelineError `INVALID_NAME`, `INVALID_DURATION`, `INVALID_RETRIES`, `INVALID_CONCURRENCY`, `INVALID_RESOURCES`,
 * `PARAMS_REFINED`, `INVALID_TRIGGER`, `INVALID_VERSION`
 *
 * @example
 * export const train = node({
 *   name: 'train',
 *   inputs: { days },
 *   outputs: { model },
 *   params: z.object({ epochs: z.int().default(20) }),
 *   retries: 3,
 *   run({ days }, { params, metric }) {
 *     return { model: fit(days, params.epochs, (epoch, loss) => metric('loss', loss, epoch)) }
 *   },
 * })
 */
export function node<
  I extends Datasets,
  O extends Datasets,
  R,
  P extends ParamsDeclaration = Readonly<Record<never, never>>,
  Name extends string = string,
  T extends Trigger = 'allSucceeded',
>(
  definition: NodeDefinition<I, O, P, R, Name, T>,
): Node<I, O, ParamsInput<P>, Name, P, NoInfer<T>> {
  assertName('node', definition.name)
  const queue = definition.queue ?? 'default'
  assertName('queue', queue)
  const whose = `Node "${definition.name}"`
  assertConcurrency(whose, definition.concurrency)
  return Object.freeze({
    name: definition.name,
    inputs: Object.freeze({ ...definition.inputs }),
    outputs: Object.freeze({ ...definition.outputs }),
    params: Object.freeze(paramFields(definition.name, definition.params)),
    retry: retryPolicy(definition.name, definition.retries ?? 0, definition.backoff ?? {}),
    timeout: definition.timeout === undefined ? undefined : milliseconds(definition.timeout),
    queue,
    concurrency: definition.concurrency,
    resources: amountsOf(whose, definition.resources ?? {}),
    isolation: definition.isolation ?? 'thread',
    tags: Object.freeze([...(definition.tags ?? [])]),
    ...triggerOf(definition.name, definition.trigger),
    ...(definition.reuse === true ? { reuse: true as const } : {}),
    ...versionOf(definition.name, definition.version),
    // Inputs and params are parsed by the schemas that typed them before the function is called.
    run: definition.run.bind(definition) as NodeFunction,
    // Read here: a bound function's own text is "[native code]".
    source: definition.run.toString(),
    origin: captureOrigin(node),
  })
}
