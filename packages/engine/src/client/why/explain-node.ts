import { explainPending } from './explain-pending.ts'
import { explainPlace } from './explain-place.ts'
import { Places } from './places.ts'
import { owedPublications } from './publications.ts'
import type { WorkerFacts } from './queue-facts.ts'
import type { InputsReason, NodeReason, RootReason } from './reason.ts'
import { isSuccess, type RunFacts } from './run-facts.ts'

/** Inputs and links of a chain that a reason names. */
const mostNamed = 10

/** What an explanation is made from. */
export interface Sources {
  readonly facts: RunFacts
  readonly places: Places
  readonly workers: WorkerFacts
}

/** Says why a node run is where it is. */
export async function explainNode(index: number, sources: Sources): Promise<NodeReason> {
  const { facts, workers } = sources
  const status = await facts.status(index)
  if (status !== undefined) return explainEnded(index, sources)
  if (facts.run.status === 'pending') return explainPending(facts, workers)
  const state = await stateOf(index, facts)
  if (state.is === 'released') return explainReleased(index, sources)
  if (facts.cancelling) return { kind: 'cancelling', workers: workers.alive }
  if (state.is === 'skipping') return explainSkipping(state.because, sources)
  return explainInputs(index, state.open, sources)
}

/** What a node run that has not ended waits for, as far as the records of its producers tell. */
export type State =
  | { readonly is: 'released' }
  | { readonly is: 'skipping'; readonly because: number }
  | { readonly is: 'waiting'; readonly open: readonly number[] }

/** Looks at the producers of a node run that has not ended. */
export async function stateOf(index: number, facts: RunFacts): Promise<State> {
  const open: number[] = []
  for (const producer of facts.plan.nodes[index]?.producers ?? []) {
    const status = await facts.status(producer)
    if (status === undefined) open.push(producer)
    else if (!isSuccess(status)) return { is: 'skipping', because: producer }
  }
  return open.length === 0 ? { is: 'released' } : { is: 'waiting', open }
}

/** Says why a node run does not end whose inputs are all there. */
async function explainReleased(index: number, sources: Sources): Promise<RootReason> {
  const found = (await sources.places.find([index])).get(index)
  if (found === undefined) return { kind: 'vanished', workers: sources.workers.alive }
  if (found.at === 'ended') return explainEnded(index, sources)
  return explainPlace(index, found, sources)
}

function explainSkipping(because: number, { facts, workers }: Sources): RootReason {
  return { kind: 'skipping', because: facts.nameOf(because), workers: workers.alive }
}

async function explainEnded(index: number, { facts, workers }: Sources): Promise<RootReason> {
  const record = await facts.record(index)
  if (record === undefined) return { kind: 'vanished', workers: workers.alive }
  const { status, attempt, endedAt, error } = record
  if (isSuccess(status) && facts.run.status === 'running') {
    const owed = await owedPublications(facts, { index })
    if (owed.count > 0) return { kind: 'publication', ...owed, workers: workers.alive }
  }
  return {
    kind: 'ended',
    status,
    attempt,
    endedAt,
    worker: record.worker || undefined,
    error: error && { code: error.code, message: error.message },
    because: status === 'skipped' ? await failedBefore(index, facts) : undefined,
  }
}

/** The failed node upstream of a skipped one. */
async function failedBefore(index: number, facts: RunFacts): Promise<string | undefined> {
  const seen = new Set<number>()
  const left = [index]
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    for (const producer of facts.plan.nodes[next]?.producers ?? []) {
      if (seen.has(producer)) continue
      seen.add(producer)
      const status = await facts.status(producer)
      if (status === 'failed') return facts.nameOf(producer)
      if (status === 'skipped') left.push(producer)
    }
  }
  return undefined
}

async function explainInputs(
  index: number,
  open: readonly number[],
  sources: Sources,
): Promise<InputsReason> {
  const { facts } = sources
  const chain: number[] = []
  let reason: RootReason | undefined
  let next = open[0]
  while (reason === undefined && next !== undefined) {
    chain.push(next)
    const state = await stateOf(next, facts)
    if (state.is === 'waiting') next = state.open[0]
    else if (state.is === 'released') reason = await explainReleased(next, sources)
    else reason = explainSkipping(state.because, sources)
  }
  const names = chain.slice(-mostNamed).map((each) => facts.nameOf(each))
  return {
    kind: 'inputs',
    missing: missingInputs(index, open.slice(0, mostNamed), facts),
    count: open.length,
    chain: names,
    chainLength: chain.length,
    cause: {
      node: names.at(-1) ?? facts.nameOf(index),
      reason: reason ?? { kind: 'vanished', workers: sources.workers.alive },
    },
  }
}

/** The datasets that a node reads from producers. */
function missingInputs(
  index: number,
  producers: readonly number[],
  { plan }: RunFacts,
): InputsReason['missing'] {
  const read = new Set(Object.values(plan.nodes[index]?.inputs ?? {}))
  return producers.flatMap((producer) => {
    const node = plan.nodes[producer]
    const made = Object.values(node?.outputs ?? {}).filter((dataset) => read.has(dataset))
    return made.map((dataset) => ({ dataset, node: node?.name ?? '' }))
  })
}
