import {
  chunksOf,
  elementRecordOf,
  encodeElementRecord,
  laneOf,
  type DatasetReference,
  type ElementRecord,
  type NodeFinished,
  type NodeRetrying,
  type Outcome,
  type Settlement,
} from '@pipewright/engine/internal'

import { keptElements } from './keeping.ts'
import type { Expansion } from './maps.ts'
import { choose } from './scenario.ts'
import type { Attempt, NodeState } from './world.ts'

/** How an attempt wants to end. */
export interface Ending {
  readonly type: 'succeeded' | 'failed' | 'cancelled' | 'retry' | 'release' | 'expanded'
  /** What observers are told. */
  readonly event: string
  /** Its record. */
  readonly record: string
  /** The same, should the run be cancelled: for those that go on. */
  readonly cancelled: Pick<Ending, 'event' | 'record'>
  /** Its output; undefined for none. */
  readonly reference: string | undefined
  /** Dependents that it has not chosen. */
  readonly declined: ReadonlySet<number>
  /** By which others find its result; undefined for none. */
  readonly fingerprint: string | undefined
  /** The elements of a map, when they are known. */
  readonly expansion: Expansion | undefined
}

let clock = 1

/** What a worker would send at the end of an attempt, and what the model is told of it. @param y Chooses what a branch chooses. */
export function endingOf(
  attempt: Attempt,
  type: Ending['type'],
  y: number = 0,
): { readonly settlement: Settlement; readonly ending: Ending } {
  const { node } = attempt
  clock += 1
  const isMade = type === 'succeeded'
  const choice = isMade ? choose(node.plan, y >> 4) : undefined
  const fingerprint = isMade && node.of === undefined && y % 3 === 0 ? `f${node.index}` : undefined
  const made = new Made(attempt, clock, choice?.names, fingerprint)
  const declined = choice?.declined ?? []
  const expansion = type === 'expanded' ? expansionOf(attempt, y >> 4) : undefined
  const outcome = outcomeOf(type, attempt, made, declined, expansion)
  const told = toldOf(outcome, node, made.record('cancelled'))
  const ending: Ending = { type, ...told, declined: new Set(declined), fingerprint, expansion }
  return { settlement: settlementOf(attempt, outcome), ending }
}

function settlementOf(attempt: Attempt, outcome: Outcome): Settlement {
  const { run, node } = attempt
  const number = attempt.base + attempt.count
  return {
    run: run.id,
    index: node.index,
    plan: run.compiled.hash,
    total: run.nodes.length,
    chunks: chunksOf(node.plan.dependents.length),
    outcome,
    shown: attempt.noted || number > 1 || attempt.told !== 'run',
    lane: laneOf(run.compiled.plan.pipeline, node.plan, attempt.queue),
    ...(node.of === undefined ? {} : { element: node.element }),
  }
}

/** What the ledger has of an outcome afterwards. */
function toldOf(
  outcome: Outcome,
  { of }: NodeState,
  cancelled: NodeFinished,
): Pick<Ending, 'event' | 'record' | 'cancelled' | 'reference'> {
  const text = (record: NodeFinished, references: readonly DatasetReference[]): string =>
    of === undefined ? JSON.stringify(record) : elementText(elementRecordOf(record, references))
  const otherwise = { event: JSON.stringify(cancelled), record: text(cancelled, []) }
  if (outcome.type !== 'ended') {
    const event = outcome.event === undefined ? '' : JSON.stringify(outcome.event)
    return { event, record: '', cancelled: otherwise, reference: undefined }
  }
  const references = outcome.outputs.map(({ reference }) => reference)
  return {
    event: JSON.stringify(outcome.record),
    record: text(outcome.record, references),
    cancelled: otherwise,
    reference: references[0] === undefined ? undefined : JSON.stringify(references[0]),
  }
}

/** What the ledger keeps of an element: the letter of its status, and its text. */
function elementText(record: ElementRecord): string {
  return record.status.slice(0, 1) + encodeElementRecord(record)
}

/** What a worker finds out about a map. */
function expansionOf({ run, node }: Attempt, choice: number): Expansion | undefined {
  const shape = run.graph[node.index]?.map
  if (shape === undefined) return undefined
  return { ...shape, kept: keptElements(run, shape.elements, choice) }
}

/** What an attempt makes: records and outputs. */
class Made {
  readonly #attempt: Attempt
  readonly #clock: number
  readonly #choice: readonly string[] | undefined
  readonly #fingerprint: string | undefined

  constructor(
    attempt: Attempt,
    time: number,
    choice: readonly string[] | undefined,
    fingerprint: string | undefined,
  ) {
    this.#attempt = attempt
    this.#clock = time
    this.#choice = choice
    this.#fingerprint = fingerprint
  }

  about(): Omit<NodeRetrying, 'type' | 'dueAt' | 'error'> {
    const { run, node, base, count } = this.#attempt
    return {
      run: run.id,
      node: node.name,
      index: node.index,
      ...(node.of === undefined ? {} : { element: node.element }),
      attempt: base + count,
      startedAt: this.#clock,
      endedAt: this.#clock,
      worker: 'worker',
      metrics: [],
    }
  }

  record(status: NodeFinished['status']): NodeFinished {
    const error = status === 'failed' ? { error: { code: 'Error', message: 'no' } } : {}
    const choice = this.#choice === undefined ? {} : { choice: this.#choice }
    const fingerprint = this.#fingerprint === undefined ? {} : { fingerprint: this.#fingerprint }
    const more = { ...error, ...choice, ...fingerprint }
    return {
      type: 'node_finished',
      ...this.about(),
      status,
      outputs: [],
      finalMetrics: {},
      ...more,
    }
  }

  retrying(): NodeRetrying {
    const error = { code: 'Error', message: 'no' }
    return { type: 'node_retrying', ...this.about(), dueAt: 0, error }
  }

  /** Its output; undefined for a node that makes nothing. */
  reference(): DatasetReference | undefined {
    const { out: dataset } = this.#attempt.node.plan.outputs
    if (dataset === undefined) return undefined
    return { dataset, format: 'json', bytes: 1, sha256: '', inline: String(this.#clock) }
  }
}

function outcomeOf(
  type: Ending['type'],
  attempt: Attempt,
  made: Made,
  declined: readonly number[],
  expansion: Expansion | undefined,
): Outcome {
  const { run, node } = attempt
  if (type === 'succeeded') {
    const publish = run.listed.has(node.index) && node.of === undefined
    const reference = made.reference()
    const outputs = reference === undefined ? [] : [{ reference, publish }]
    const chosen = node.plan.choices === undefined ? {} : { declined }
    return { type: 'ended', record: made.record(type), outputs, ...chosen }
  }
  if (type === 'failed' || type === 'cancelled') {
    return { type: 'ended', record: made.record(type), outputs: [] }
  }
  return goingOn(type, attempt, made, expansion)
}

function goingOn(
  type: 'retry' | 'release' | 'expanded',
  { run, node, queue, generation, base, count, failures, token }: Attempt,
  made: Made,
  expansion: Expansion | undefined,
): Outcome {
  const next = {
    generation: generation + 1,
    base: type === 'expanded' ? base + count - 1 : base + count,
    failures: failures + (type === 'retry' ? 1 : 0),
    name: node.name,
    // The way that it came.
    queue: laneOf(run.compiled.plan.pipeline, node.plan, queue) || queue,
  }
  const cancelled = made.record('cancelled')
  if (type === 'expanded') {
    if (expansion === undefined) throw new Error(`${node.name} is no map`)
    const { elements, window, mostFailed, told, kept } = expansion
    const given = { elements, window, mostFailed, told, source: 'here' }
    return { type, ...given, ...(kept.size === 0 ? {} : { kept: token }), next, cancelled }
  }
  const place = { generation: next.generation, base: next.base, failures: next.failures }
  const shown = JSON.stringify({ ...place, status: 'pending', attempt: base + count })
  const common = { event: made.retrying(), next, cancelled, shown }
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
  const element = node.of === undefined ? {} : { element: node.element }
  const about = { run: run.id, node: node.name, index: node.index, ...element, attempt }
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
