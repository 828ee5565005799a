import {
  chunksOf,
  laneOf,
  type DatasetReference,
  type NodeFinished,
  type NodeRetrying,
  type Outcome,
  type Settlement,
} from '@pipewright/engine/internal'

import type { Ending } from './transitions.ts'
import type { Attempt } from './world.ts'

let clock = 1

/** What a worker would send at the end of an attempt, and what the model is told of it. */
export function endingOf(
  attempt: Attempt,
  type: Ending['type'],
): { readonly settlement: Settlement; readonly ending: Ending } {
  const { run, node, base, count } = attempt
  const number = base + count
  clock += 1
  const ended = {
    run: run.id,
    node: node.plan.name,
    index: node.index,
    attempt: number,
    startedAt: clock,
    endedAt: clock,
    worker: 'worker',
    metrics: [],
  }
  const record = (status: NodeFinished['status']): NodeFinished => ({
    type: 'node_finished',
    ...ended,
    status,
    outputs: [],
    finalMetrics: {},
  })
  const reference: DatasetReference = {
    dataset: node.plan.outputs['out'] ?? '',
    format: 'json',
    bytes: 1,
    sha256: '',
    inline: String(clock),
  }
  const outcome = outcomeOf(type, attempt, record, reference, {
    type: 'node_retrying',
    ...ended,
    dueAt: 0,
    error: { code: 'Error', message: 'no' },
  })
  const settlement: Settlement = {
    run: run.id,
    index: node.index,
    plan: run.compiled.hash,
    total: run.nodes.length,
    chunks: chunksOf(node.plan.dependents.length),
    outcome,
    shown: attempt.noted || number > 1 || attempt.told !== 'run',
    lane: laneOf(run.compiled.plan.pipeline, node.plan, attempt.queue),
  }
  const ending = {
    type,
    event: JSON.stringify(outcome.type === 'ended' ? outcome.record : outcome.event),
    cancelled: JSON.stringify(record('cancelled')),
    reference: JSON.stringify(reference),
  }
  return { settlement, ending }
}

function outcomeOf(
  type: Ending['type'],
  { run, node, queue, generation, base, count, failures }: Attempt,
  record: (status: NodeFinished['status']) => NodeFinished,
  reference: DatasetReference,
  event: NodeRetrying,
): Outcome {
  if (type === 'succeeded') {
    const publish = run.listed.has(node.index)
    return { type: 'ended', record: record(type), outputs: [{ reference, publish }] }
  }
  if (type === 'failed' || type === 'cancelled') {
    const error = type === 'failed' ? { error: { code: 'Error', message: 'no' } } : {}
    return { type: 'ended', record: { ...record(type), ...error }, outputs: [] }
  }
  const next = {
    generation: generation + 1,
    base: base + count,
    failures: failures + (type === 'retry' ? 1 : 0),
    name: node.plan.name,
    // The way that it came.
    queue: laneOf(run.compiled.plan.pipeline, node.plan, queue) || queue,
  }
  const place = { generation: next.generation, base: next.base, failures: next.failures }
  const shown = JSON.stringify({ ...place, status: 'pending', attempt: base + count })
  const common = { event, next, cancelled: record('cancelled'), shown }
  // Far away: timers are made due by hand.
  return type === 'retry' ? { type, delay: 1_000_000, ...common } : { type, ...common }
}

/** What a worker tells of an attempt that runs. */
export function messageOf(
  { run, node, generation, base, count, failures, noted }: Attempt,
  metrics: boolean,
): { readonly shown: string; readonly events: readonly string[] } {
  clock += 1
  const attempt = base + count
  const about = { run: run.id, node: node.plan.name, index: node.index, attempt }
  const events: string[] = []
  if (!noted) {
    events.push(JSON.stringify({ type: 'node_started', ...about, worker: 'worker', at: 0 }))
  }
  if (metrics) {
    events.push(JSON.stringify({ type: 'node_metrics', ...about, metrics: [['m', clock, 0, 0]] }))
  }
  const place = { generation, base, failures, status: 'running', attempt }
  return { shown: noted ? '' : JSON.stringify(place), events }
}
