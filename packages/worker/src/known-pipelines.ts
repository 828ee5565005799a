import type { Pipeline } from '@pipewright/engine'
import { canonicalJson, compile, type Plan, type PlanNode } from '@pipewright/engine/internal'

import type { KnownRun } from './run-cache.ts'

/** Plans that are remembered: of each only what the code does not have. */
const limit = 1000

/** Digits of a plan's hash that others are told. */
const digits = 16

/** Which node runs the code of a worker can run: those of pipelines it has, as far as their nodes are still the same. */
export class KnownPipelines {
  readonly #plans: ReadonlyMap<string, { readonly hash: string; readonly plan: Plan }> | undefined
  /** Plan -> indexes of nodes that the code does not have. */
  readonly #unknown = new Map<string, ReadonlySet<number>>()

  /** @param pipelines Undefined for a worker that takes whatever comes. A pipeline that does not compile is none of its own. */
  constructor(pipelines: readonly Pipeline[] | undefined) {
    this.#plans =
      pipelines &&
      new Map(
        pipelines.flatMap((pipeline) => {
          try {
            return [[pipeline.name, compile(pipeline)] as const]
          } catch {
            // Told when it is published.
            return []
          }
        }),
      )
  }

  /**
   * Whether the code has a node as a run needs it: a pipeline of that name, in it a node of that name, which reads, makes and
   * takes what the run's plan says. What the node does with it may have changed: each worker runs its own code.
   */
  has({ pipeline, planHash, plan }: KnownRun, index: number): boolean {
    if (this.#plans === undefined) return true
    const own = this.#plans.get(pipeline)
    if (own?.hash === planHash) return true
    let unknown = this.#unknown.get(planHash)
    if (unknown === undefined) {
      unknown = unknownNodes(plan, own?.plan)
      this.#unknown.set(planHash, unknown)
      const oldest = this.#unknown.keys().next()
      if (this.#unknown.size > limit && oldest.value !== undefined)
        this.#unknown.delete(oldest.value)
    }
    return !unknown.has(index)
  }

  /** Its pipelines with the hashes of their plans, in short, for those who look. */
  get plans(): Readonly<Record<string, string>> | undefined {
    if (this.#plans === undefined) return undefined
    const told = [...this.#plans].map(([name, { hash }]) => [name, hash.slice(0, digits)] as const)
    return Object.fromEntries(told)
  }
}

function unknownNodes(plan: Plan, own: Plan | undefined): ReadonlySet<number> {
  const known = new Map(own?.nodes.map((node) => [node.name, shapeOf(node)]))
  return new Set(
    plan.nodes.flatMap((node, index) => (known.get(node.name) === shapeOf(node) ? [] : [index])),
  )
}

/** What a run has for a node and wants of it. */
function shapeOf({ inputs, outputs, params }: PlanNode): string {
  return canonicalJson({ inputs, outputs, params })
}
