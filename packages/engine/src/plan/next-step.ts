import type { PlanNode } from './plan.ts'

/** How a node has ended, as far as it decides what its dependents do. */
export interface EndedProducer {
  readonly hasSucceeded: boolean
  /** Of a branch: dependents that it has not chosen. */
  readonly declined: ReadonlySet<number>
}

/**
 * What a node does that has not started: it waits for producers, starts, or is skipped. It is the rule of the ledger's scripts for
 * runs in memory.
 */
export function nextStep(
  node: PlanNode,
  index: number,
  ended: (producer: number) => EndedProducer | undefined,
): 'wait' | 'start' | 'skip' {
  const producers = node.producers.map(ended)
  const known = producers.filter((each) => each !== undefined)
  if (known.some(({ declined }) => declined.has(index))) return 'skip'
  const succeeded = known.filter(({ hasSucceeded }) => hasSucceeded).length
  if (node.trigger === undefined && succeeded < known.length) return 'skip'
  if (known.length < producers.length) return 'wait'
  return node.trigger !== 'anySucceeded' || succeeded > 0 || known.length === 0 ? 'start' : 'skip'
}

/** The dependents of a branch that are not among what it chose; empty for other nodes. */
export function declinedBy(
  { choices, dependents }: PlanNode,
  choice: readonly string[] | undefined,
): ReadonlySet<number> {
  if (choices === undefined || choice === undefined) return new Set()
  const chosen = new Set(choice.flatMap((name) => choices[name] ?? []))
  return new Set(dependents.filter((dependent) => !chosen.has(dependent)))
}
