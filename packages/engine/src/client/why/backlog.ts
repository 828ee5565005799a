import * as keys from '../../redis/keys.ts'
import { chunkSize } from '../../redis/plan-store.ts'
import { page, type RunFacts } from './run-facts.ts'

/** Parts of the backlog that are looked at. */
const deepest = 50_000

/** The parts of edges that wait to be followed. */
export interface Backlog {
  /** How many there are, of all runs. */
  readonly length: number
  /** Nodes of the run to which they lead: index -> position of the part, 1 for the next one. */
  readonly parts: ReadonlyMap<number, number>
}

/** Reads what of a run waits in the backlog. */
export async function readBacklog(facts: RunFacts): Promise<Backlog> {
  const { redis, prefix } = facts
  const parts = new Map<number, number>()
  let length = 0
  for (;;) {
    const items = await redis.lrange(keys.backlog(prefix), length, length + page - 1)
    for (const [at, item] of items.entries()) {
      for (const index of dependentsOf(item, facts)) {
        if (!parts.has(index)) parts.set(index, length + at + 1)
      }
    }
    length += items.length
    if (items.length < page || length >= deepest) return { length, parts }
  }
}

/** The nodes to which a part leads: `run|producer|chunk|how`, where the producer `r` stands for the roots. */
function dependentsOf(item: string, { id, plan }: RunFacts): readonly number[] {
  const [run, producer = '', chunk = ''] = item.split('|')
  if (run !== id) return []
  const first = Number(chunk) * chunkSize
  const all = producer === 'r' ? rootsOf(plan) : (plan.nodes[Number(producer)]?.dependents ?? [])
  return all.slice(first, first + chunkSize)
}

function rootsOf({ nodes }: RunFacts['plan']): readonly number[] {
  return [...nodes.keys()].filter((index) => nodes[index]?.producers.length === 0)
}
