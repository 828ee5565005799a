import * as z from 'zod'

import * as keys from '../../redis/keys.ts'
import { PublicationProblem } from '../../redis/publication-problem.ts'
import type { OwedPublication } from './reason.ts'
import type { RunFacts } from './run-facts.ts'

/** Publications that an answer names. */
const mostNamed = 10

/** Datasets of a run that are committed and not published yet: how many, and some of them with what is known. */
export async function owedPublications(
  facts: RunFacts,
  of?: { readonly index: number },
): Promise<{ readonly count: number; readonly publications: readonly OwedPublication[] }> {
  const names = of === undefined ? await someOwed(facts) : await owedBy(facts, of.index)
  const { redis, prefix, id } = facts
  const count = of === undefined ? await redis.scard(keys.unpublished(prefix, id)) : names.length
  const publications = await Promise.all(
    names.slice(0, mostNamed).map(async (dataset) => describe(facts, dataset)),
  )
  return { count, publications: publications.toSorted((a, b) => a.since - b.since) }
}

async function someOwed({ redis, prefix, id }: RunFacts): Promise<readonly string[]> {
  return z.array(z.string()).parse(await redis.srandmember(keys.unpublished(prefix, id), mostNamed))
}

async function owedBy(
  { redis, prefix, id, plan }: RunFacts,
  index: number,
): Promise<readonly string[]> {
  const outputs = Object.values(plan.nodes[index]?.outputs ?? {})
  if (outputs.length === 0) return []
  const owed = await redis.smismember(keys.unpublished(prefix, id), ...outputs)
  return outputs.filter((_, at) => owed[at] === 1)
}

async function describe(facts: RunFacts, dataset: string): Promise<OwedPublication> {
  const { redis, prefix, id, plan } = facts
  const index = plan.nodes.findIndex(({ outputs }) => Object.values(outputs).includes(dataset))
  const [record, text] = await Promise.all([
    facts.record(index),
    redis.get(keys.publicationProblem(prefix, `${id}|${index}|${dataset}`)),
  ])
  const base = { node: facts.nameOf(index), dataset, since: record?.endedAt ?? facts.run.createdAt }
  if (text === null) return base
  const { path, problem, at } = PublicationProblem.parse(JSON.parse(text))
  return { ...base, path, problem, triedAt: at }
}
