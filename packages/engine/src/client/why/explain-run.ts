import { isLeft } from '../../redis/settlement.ts'
import type { Run } from '../../run/run.ts'
import type { Status } from '../../run/status.ts'
import { isTerminal } from '../../run/status.ts'
import type { ReasonGroup, RunReason, RunWhy } from './answer.ts'
import { explainNode, stateOf, type Sources } from './explain-node.ts'
import { explainPending } from './explain-pending.ts'
import { explainPlace, type OpenPlace } from './explain-place.ts'
import { owedPublications } from './publications.ts'
import type { WorkerFacts } from './queue-facts.ts'
import { reasonKinds, type NodeReason } from './reason.ts'

/** Nodes that a group names. */
const mostNamed = 5

/** Says why a run is where it is. */
export async function explainRun(sources: Sources): Promise<RunWhy> {
  const { facts, workers } = sources
  const { run } = facts
  const base = {
    run: run.id,
    pipeline: run.pipeline,
    status: run.status,
    now: workers.now,
    createdAt: run.createdAt,
    total: run.total,
  }
  const { ended, open } = await count(sources)
  if (isTerminal(run.status)) {
    return { ...base, ended, moving: false, groups: [], reason: await explainEnd(sources) }
  }
  if (run.status === 'pending') {
    const why = await explainPending(facts, workers)
    const reason = why.kind === 'unsubmitted' ? { kind: why.kind, createdAt: run.createdAt } : why
    return { ...base, ended, moving: false, groups: [], reason }
  }
  const { groups, late } = await group(open, sources)
  for (const status of late) ended[status] = (ended[status] ?? 0) + 1
  const reason = await mostImportant(groups, sources)
  return { ...base, ended, moving: isMoving(reason, groups), groups, reason }
}

/** Says of a run whose plan is gone what can be said without it. */
export function explainWithoutPlan(run: Run, workers: WorkerFacts): RunWhy {
  const { id, pipeline, status, createdAt, total, plan } = run
  const base = { run: id, pipeline, status, now: workers.now, createdAt, total }
  const reason: RunReason = isTerminal(status)
    ? { kind: 'ended', status, endedAt: run.endedAt ?? 0, error: run.error }
    : { kind: 'no-plan', plan, workers: workers.alive }
  return { ...base, moving: false, ended: {}, groups: [], reason }
}

async function count({ facts }: Sources): Promise<{
  readonly ended: Partial<Record<Status, number>>
  readonly open: readonly number[]
}> {
  const ended: Partial<Record<Status, number>> = {}
  const open: number[] = []
  for (const index of facts.plan.nodes.keys()) {
    const status = await facts.status(index)
    if (status === undefined) open.push(index)
    else ended[status] = (ended[status] ?? 0) + 1
  }
  return { ended, open }
}

/**
 * Sorts the open node runs by reason: the first of each group is explained, the others are counted. `late`: what those are that
 * have ended meanwhile.
 */
async function group(
  open: readonly number[],
  sources: Sources,
): Promise<{ readonly groups: readonly ReasonGroup[]; readonly late: readonly Status[] }> {
  const { facts, places } = sources
  const members = new Map<string, number[]>()
  const add = (label: string, index: number): void => {
    const known = members.get(label)
    if (known === undefined) members.set(label, [index])
    else known.push(index)
  }
  const released: number[] = []
  for (const index of open) {
    const { is } = await stateOf(index, facts)
    if (is === 'released') released.push(index)
    else add(facts.cancelling ? 'cancelling' : is, index)
  }
  const found = await places.find(released)
  const first = new Map<string, OpenPlace>()
  const late: Status[] = []
  for (const [index, place] of found) {
    if (place.at === 'ended') {
      const record = await facts.record(index)
      if (record !== undefined) late.push(record.status)
      continue
    }
    const label = await labelOf(index, place, sources)
    if (!members.has(label)) first.set(label, place)
    add(label, index)
  }
  const groups = [...members].map(async ([label, [index = 0, ...others]]) => {
    const place = first.get(label)
    const reason =
      place === undefined
        ? await explainNode(index, sources)
        : await explainPlace(index, place, sources)
    const nodes = [index, ...others.slice(0, mostNamed - 1)].map((each) => facts.nameOf(each))
    const queue = 'queue' in reason ? reason.queue : undefined
    return { kind: reason.kind, queue, count: others.length + 1, nodes, reason }
  })
  const explained = await Promise.all(groups)
  return { groups: explained.toSorted((a, b) => rank(a.reason) - rank(b.reason)), late }
}

/** Nodes of one label have one reason: they are at the same kind of place of one queue; a lost worker is apart. */
async function labelOf(index: number, found: OpenPlace, sources: Sources): Promise<string> {
  if (found.at === 'waiting') return `waiting ${found.queue}`
  if (found.at === 'timer' && isLeft(found.dueAt, sources.workers.now)) return `left ${found.queue}`
  if (found.at !== 'active') return found.at
  const reason = await explainPlace(index, found, sources)
  const lost = reason.kind === 'running' && isStuck(reason)
  return `active ${found.queue} ${lost ? 'lost' : ''}`
}

/** What needs a person first: among running ones, those whose worker is lost. */
function rank(reason: NodeReason): number {
  if (reason.kind === 'running' && isStuck(reason)) return reasonKinds.indexOf('vanished') - 0.5
  if (reason.kind === 'retry' && reason.workers === 0) return -0.5
  return reasonKinds.indexOf(reason.kind)
}

/** True when nobody works on it: its worker is lost, or its lease has run out. */
function isStuck(reason: Extract<NodeReason, { kind: 'running' }>): boolean {
  return reason.worker.lost || reason.leaseUntil === null
}

async function mostImportant(
  groups: readonly ReasonGroup[],
  { facts, workers }: Sources,
): Promise<RunReason> {
  if (facts.cancelling) {
    const running = groups
      .filter(({ kind }) => kind === 'running')
      .reduce((sum, each) => sum + each.count, 0)
    return { kind: 'cancelling', running, workers: workers.alive }
  }
  const [most] = groups
  if (most !== undefined) return { kind: 'node', node: most.nodes[0] ?? '', reason: most.reason }
  const owed = await owedPublications(facts)
  if (owed.count > 0) return { kind: 'publication', ...owed, workers: workers.alive }
  return { kind: 'ending', workers: workers.alive }
}

/** True when a living worker is at it. */
function isMoving(reason: RunReason, groups: readonly ReasonGroup[]): boolean {
  if (reason.kind === 'publication' || reason.kind === 'ending') return reason.workers > 0
  return groups.some(({ reason: each }) => {
    if (each.kind === 'running') return !isStuck(each)
    if (each.kind === 'queued') return true
    if (each.kind === 'no-code') return each.workers.some(({ has }) => has === 'same')
    const driven = each.kind === 'backlog' || each.kind === 'skipping' || each.kind === 'cancelling'
    return driven && each.workers > 0
  })
}

async function explainEnd({ facts }: Sources): Promise<RunReason> {
  const { run, plan } = facts
  const end = { kind: 'ended', status: run.status, endedAt: run.endedAt ?? 0 } as const
  for (const index of plan.nodes.keys()) {
    if ((await facts.status(index)) !== 'failed') continue
    const error = (await facts.record(index))?.error
    const brief = { code: error?.code ?? '', message: error?.message ?? '' }
    return { ...end, error: run.error, failure: { node: facts.nameOf(index), error: brief } }
  }
  return { ...end, error: run.error }
}
