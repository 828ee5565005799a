import type { Isolation } from '../definition/node.ts'
import type { Amounts } from '../definition/resources.ts'
import type { RetryPolicy } from '../definition/retry-policy.ts'

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
  /** Indexes of the nodes that make an input of this one, ascending, each once. */
  readonly producers: readonly number[]
  /** Indexes of the nodes that read an output of this one, ascending, each once. */
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
