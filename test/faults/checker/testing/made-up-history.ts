import { createHash } from 'node:crypto'

import { between, seededRandom } from '../../random.ts'
import type {
  Effect,
  History,
  HistoryEvent,
  HistoryRun,
  NodeRecord,
  PlannedNode,
} from '../history.ts'

/** Makes a history as an engine without fault leaves it after kills, freezes, drains, failures and cancellations. */
export function madeUpHistory(seed: number): History {
  const random = seededRandom(seed)
  const history = new MadeUp(random)
  const runs = between(random, 1, 3)
  for (let run = 0; run < runs; run += 1) history.addRun(`run${run}`)
  return history.done()
}

type Ending = NodeRecord['status']

/** What becomes of an attempt that does not count. */
const mishaps = ['killed', 'killed before its start', 'frozen', 'drained', 'failed'] as const

type Mishap = (typeof mishaps)[number]

class MadeUp {
  readonly #random: () => number
  readonly #history: History = {
    effects: [],
    excuses: [],
    runs: [],
    events: [],
    drained: true,
    tracked: [],
    keys: [],
  }
  #workers = 0

  constructor(random: () => number) {
    this.#random = random
  }

  done(): History {
    // In the order of time, as the journal and the stream are.
    this.#history.effects.sort((a, b) => a.at - b.at)
    this.#history.events.sort((a, b) => a.at - b.at)
    return this.#history
  }

  addRun(id: string): void {
    const begun = 1_000_000 + this.#pause() * 10
    const nodes = this.#plan()
    const run: HistoryRun = {
      id,
      pipeline: 'made_up',
      nodes,
      status: 'running',
      records: [],
      data: {},
    }
    if (this.#random() < 0.2) run.cancelledAt = begun + this.#pause() * 4
    this.#event({ at: begun, type: 'run_created', run: id })
    const ends = new Map<string, { at: number; status: Ending; mark: string }>()
    for (const node of nodes) {
      const inputs = node.inputs.map((input) => [input, ends.get(input)] as const)
      const ready = Math.max(begun, ...inputs.map(([, end]) => end?.at ?? 0)) + this.#pause()
      const isBlocked = inputs.some(([, end]) => end?.status !== 'succeeded')
      const marks = Object.fromEntries(inputs.map(([input, end]) => [input, end?.mark ?? '']))
      const end = isBlocked
        ? this.#unstarted(run, node, ready, 'skipped')
        : run.cancelledAt !== undefined && ready > run.cancelledAt
          ? this.#unstarted(run, node, ready, 'cancelled')
          : this.#attempts(run, node, ready, marks)
      ends.set(node.outputs[0] ?? '', end)
    }
    const statuses = new Set(run.records.map(({ status }) => status))
    run.status = statuses.has('cancelled')
      ? 'cancelled'
      : statuses.has('failed')
        ? 'failed'
        : 'succeeded'
    const last = Math.max(...[...ends.values()].map(({ at }) => at)) + this.#pause()
    this.#event({ at: last, type: 'run_finished', run: id, status: run.status })
    this.#history.runs.push(run)
    this.#track(run)
  }

  /** A DAG in which each node reads some of those before it. */
  #plan(): PlannedNode[] {
    return Array.from({ length: between(this.#random, 3, 10) }, (_, at) => ({
      name: `node${at}`,
      inputs: Array.from({ length: at }, (_, before) => `data${before}`).filter(
        (_, before) => this.#random() < (before === at - 1 ? 0.6 : 0.2),
      ),
      outputs: [`data${at}`],
      retries: between(this.#random, 0, 2),
    }))
  }

  #unstarted(run: HistoryRun, { name }: PlannedNode, at: number, status: 'skipped' | 'cancelled') {
    return this.#finish(run, {
      node: name,
      attempt: 0,
      status,
      worker: '',
      startedAt: at,
      endedAt: at,
      finalMetrics: {},
    })
  }

  /** Attempts of a node until one counts. */
  #attempts(
    run: HistoryRun,
    { name, outputs, retries }: PlannedNode,
    ready: number,
    inputs: Record<string, string>,
  ) {
    let at = ready
    let failures = 0
    for (let attempt = 1; ; attempt += 1) {
      const worker = this.#newWorker()
      const body = { run: run.id, node: name, attempt, worker, pid: this.#workers, inputs }
      const mishap = attempt < 4 ? this.#nextMishap(failures < retries) : undefined
      if (mishap !== undefined) {
        if (mishap === 'failed') failures += 1
        at = this.#mishap(mishap, body, at)
        continue
      }
      this.#effect({ ...body, at, what: 'started' })
      const ended = at + this.#pause()
      const mark = `${run.id}/${name}/${attempt}#${this.#random()}`
      const fails = this.#random() < 0.15 && failures === retries
      this.#effect({
        ...body,
        inputs: undefined,
        at: ended,
        what: fails ? 'failed' : 'ended',
        output: fails ? undefined : mark,
      })
      const record = { node: name, attempt, worker, startedAt: at, endedAt: ended }
      if (fails) {
        const error = { code: 'Error', message: 'made up' }
        return this.#finish(run, { ...record, status: 'failed', finalMetrics: {}, error })
      }
      const inline = JSON.stringify({ mark })
      const sha256 = createHash('sha256').update(inline).digest('hex')
      for (const output of outputs) run.data[output] = { inline, sha256 }
      return {
        ...this.#finish(run, { ...record, status: 'succeeded', finalMetrics: { count: attempt } }),
        mark,
      }
    }
  }

  /** What becomes of the next attempt; undefined when it counts. */
  #nextMishap(mayFail: boolean): Mishap | undefined {
    if (this.#random() > 0.35) return undefined
    const mishap = mishaps[between(this.#random, 0, mishaps.length - 1)]
    return mishap === 'failed' && !mayFail ? undefined : mishap
  }

  /** An attempt that does not count. Returns when the next one starts. */
  #mishap(mishap: Mishap, body: Omit<Effect, 'at' | 'what'>, at: number): number {
    const { run, node, attempt, worker } = body
    const hit = at + this.#pause()
    const after = hit + this.#pause()
    const next = after + this.#pause()
    const excuse = (kind: 'kill' | 'freeze' | 'drain', to: number): void =>
      void this.#history.excuses.push({ kind, worker, from: hit, to })
    if (mishap === 'killed before its start') {
      excuse('kill', hit)
      return next
    }
    this.#effect({ ...body, at, what: 'started' })
    const event = { at: after, run, node, attempt }
    if (mishap === 'failed') {
      this.#effect({ ...body, at: hit, what: 'failed' })
      this.#event({ ...event, type: 'node_retrying', error: { code: 'Error', message: '' } })
    } else if (mishap === 'drained') {
      excuse('drain', after)
      this.#effect({ ...body, at: hit, what: 'aborted' })
      this.#event({
        ...event,
        type: 'node_retrying',
        error: { code: 'WORKER_STOPPED', message: '' },
      })
    } else {
      // A kill between the end of a body and its commit; a zombie that ends after another attempt has started.
      if (this.#random() < 0.5) {
        const ended = mishap === 'frozen' ? next + 0.5 : hit - 0.1
        this.#effect({
          ...body,
          at: ended,
          what: mishap === 'frozen' && this.#random() < 0.5 ? 'aborted' : 'ended',
          output: 'of nobody',
        })
      }
      excuse(mishap === 'frozen' ? 'freeze' : 'kill', mishap === 'frozen' ? next + 0.4 : hit)
      this.#event({ ...event, type: 'node_lost' })
    }
    return next
  }

  #finish(run: HistoryRun, record: NodeRecord): { at: number; status: Ending; mark: string } {
    const { node, attempt, status, worker, error } = record
    const at = record.endedAt + this.#pause() / 10
    run.records.push(record)
    if (attempt > 0 && this.#random() < 0.7) {
      this.#event({
        at: (record.startedAt + at) / 2,
        type: 'node_started',
        run: run.id,
        node,
        attempt,
        worker,
      })
    }
    this.#event({
      at,
      type: 'node_finished',
      run: run.id,
      node,
      attempt,
      status,
      worker,
      ...(error === undefined ? {} : { error }),
    })
    return { at, status, mark: '' }
  }

  /** What MLflow has of a run: a parent, a child a node, and given-up attempts under their successors. */
  #track(run: HistoryRun): void {
    const statusOf = {
      succeeded: 'FINISHED',
      failed: 'FAILED',
      cancelled: 'KILLED',
      skipped: 'KILLED',
      reused: 'FINISHED',
    }
    const tracked = this.#history.tracked ?? []
    const parent = `${run.id}-parent`
    const own = { 'pipewright.run': run.id }
    const status =
      run.status === 'succeeded' ? 'FINISHED' : run.status === 'failed' ? 'FAILED' : 'KILLED'
    tracked.push({
      id: parent,
      name: run.pipeline,
      status,
      tags: { ...own, 'pipewright.key': run.id },
      metrics: {},
    })
    for (const record of run.records) {
      const { node, attempt, finalMetrics } = record
      const id = `${run.id}-${node}`
      const tags = {
        ...own,
        'pipewright.node': node,
        'pipewright.key': `${run.id}/${node}/${attempt}`,
        'mlflow.parentRunId': parent,
      }
      tracked.push({
        id,
        name: node,
        status: statusOf[record.status],
        tags,
        metrics: { ...finalMetrics },
      })
      if (attempt > 1 && this.#random() < 0.5) {
        const before = {
          ...tags,
          'pipewright.key': `${run.id}/${node}/${attempt - 1}`,
          'mlflow.parentRunId': id,
        }
        tracked.push({
          id: `${id}-before`,
          name: `${node} (attempt ${attempt - 1})`,
          status: 'FAILED',
          tags: before,
          metrics: {},
        })
      }
    }
  }

  #newWorker(): string {
    this.#workers += 1
    return `worker${this.#workers}`
  }

  #effect(
    effect: { [Key in keyof Effect]: Effect[Key] | undefined } & Pick<
      Effect,
      'run' | 'node' | 'attempt' | 'what' | 'worker' | 'pid' | 'at'
    >,
  ): void {
    this.#history.effects.push(JSON.parse(JSON.stringify(effect)))
  }

  #event(event: HistoryEvent): void {
    this.#history.events.push(event)
  }

  #pause(): number {
    return 1 + this.#random() * 100
  }
}
