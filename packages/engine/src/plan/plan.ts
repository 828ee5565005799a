import type { Isolation } from '../definition/node.ts'
import type { Amounts } from '../definition/resources.ts'
import type { RetryPolicy } from '../definition/retry-policy.ts'
import type { Trigger } from '../definition/trigger.ts'

/** What a map of a plan goes over. */
export interface PlanMap {
  /** Outermost first. Elements are counted row by row: those of the last dimension follow one another. */
  readonly dimensions: readonly {
    /** Name of the dataset whose elements it goes over. */
    readonly over: string
    /** The argument under which the node gets one of them. */
    readonly as: string
  }[]
  /** Elements that run at a time. Left out for no limit of its own. */
  readonly maxParallel?: number
  /** Share of elements that may fail, from 0 to 1. Left out for none. */
  readonly tolerate?: number
}

/** A node of a plan. Its position in `Plan.nodes` is its index, the name by which Redis knows it. */
export interface PlanNode {
  readonly name: string
  readonly queue: string
  /** Runs of it at a time, on all workers together. Left out for any number. */
  readonly concurrency?: number
  /** What it needs while it runs, names in order. Left out for nothing. */
  readonly resources?: Amounts
  readonly isolation: Isolation
  readonly retry: RetryPolicy
  /** Milliseconds of one attempt, or null for no limit. */
  readonly timeout: number | null
  readonly tags: readonly string[]
  /** Argument name -> dataset name. */
  readonly inputs: Readonly<Record<string, string>>
  /** Key of the returned object -> dataset name. */
  readonly outputs: Readonly<Record<string, string>>
  /** Key in `context.params` -> name by which users set it. */
  readonly params: Readonly<Record<string, string>>
  /** When it runs. Left out for `allSucceeded`. */
  readonly trigger?: Exclude<Trigger, 'allSucceeded'>
  /** Of a branch: choice -> indexes of the dependents that run when it is chosen, ascending. Every dependent is in one at least. */
  readonly choices?: Readonly<Record<string, readonly number[]>>
  /** Of a map: what it goes over. `inputs` and `outputs` are those of the map as a whole. */
  readonly map?: PlanMap
  /** Takes results of earlier runs. Left out otherwise. */
  readonly reuse?: true
  /** Takes the place of the code where results are reused. */
  readonly version?: string
  /** Indexes of the nodes that make an input of this one or are branches that may choose it, ascending, each once. */
  readonly producers: readonly number[]
  /** Indexes of the nodes that read an output of this one or are among its choices, ascending, each once. */
  readonly dependents: readonly number[]
  /** sha256 of the function's source text, 16 hex digits. */
  readonly fingerprint: string
}

/** A compiled pipeline: immutable JSON, stored under the sha256 of its canonical text. */
export interface Plan {
  readonly version: 1
  readonly pipeline: string
  /** In topological order: producers before dependents. */
  readonly nodes: readonly PlanNode[]
  /** Datasets that nodes read and none makes: they must lie in the catalog. */
  readonly inputs: readonly string[]
  /** Datasets that nodes make and none reads. */
  readonly outputs: readonly string[]
  /** `node.metric` names that the parent run shows under their bare names. */
  readonly metrics: readonly string[]
  readonly tags: Readonly<Record<string, string>>
}

/** A plan and the sha256 (hex) of its canonical JSON. */
export interface CompiledPlan {
  readonly hash: string
  readonly plan: Plan
}
