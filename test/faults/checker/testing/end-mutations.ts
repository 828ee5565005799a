import { createHash } from 'node:crypto'

import type { HistoryEvent } from '../history.ts'
import { any, ofNode, ofRun, remove, type Chosen, type Mutation } from './mutation.ts'

const succeeded = ({ record }: Chosen): boolean => record.status === 'succeeded'
const reads = ({ last }: Chosen): boolean => Object.keys(last.inputs ?? {}).length > 0

const completions: readonly Mutation[] = [
  ofNode('a completion is not told', 'oneCompletion', any, ({ finished }, { events }) =>
    remove(events, finished),
  ),
  ofNode('a completion is told twice', 'oneCompletion', any, ({ finished }, { events }) => {
    events.splice(events.indexOf(finished), 0, { ...finished })
  }),
  ofNode('a record is gone', 'oneCompletion', any, ({ run, record }) =>
    remove(run.records, record),
  ),
  ofNode('a record is there twice', 'oneCompletion', any, ({ run, record }) =>
    run.records.push({ ...record }),
  ),
  ofRun('the end of a run is told twice', 'oneCompletion', any, ({ id }, { events }) => {
    const end = events.find(({ run, type }) => run === id && type === 'run_finished')
    if (end !== undefined) events.push({ ...end })
  }),
  ofRun('the start of a run is not told', 'oneCompletion', any, ({ id }, { events }) => {
    const begin = events.find(({ run, type }) => run === id && type === 'run_created')
    if (begin !== undefined) remove(events, begin)
  }),
  ofNode(
    'a body that never ended is recorded',
    'completionsWereSeen',
    succeeded,
    ({ last, record }, { effects }) => {
      const ended = effects.find(
        ({ run, node, what, attempt }) =>
          run === last.run && node === last.node && what === 'ended' && attempt === record.attempt,
      )
      if (ended !== undefined) remove(effects, ended)
    },
  ),
  ofNode(
    'a completion is recorded for another worker',
    'completionsWereSeen',
    succeeded,
    ({ record }) => {
      record.worker = 'another'
    },
  ),
]

const ends: readonly Mutation[] = [
  ofNode('a record has another status', 'eventsTellTheLedger', succeeded, ({ record }) => {
    record.status = 'failed'
  }),
  ofNode('an event has another status', 'eventsTellTheLedger', any, ({ finished }) => {
    finished.status = finished.status === 'succeeded' ? 'failed' : 'succeeded'
  }),
  ofNode('an event has another attempt', 'eventsTellTheLedger', any, ({ finished }) => {
    finished.attempt = (finished.attempt ?? 0) + 1
  }),
  ofRun(
    'a run has another status',
    'runsEndWithTheirNodes',
    ({ status }) => status !== 'cancelled',
    (run) => {
      run.status = run.status === 'succeeded' ? 'failed' : 'succeeded'
    },
  ),
  ofRun('a run ends before its nodes', 'runsEndWithTheirNodes', any, (run, { events }) => {
    const record = run.records.pop()
    const told = events.findLast(
      ({ run: id, node, type }) =>
        id === run.id && node === record?.node && type === 'node_finished',
    )
    if (told !== undefined) remove(events, told)
  }),
  ofRun('a run is stuck', 'nothingIsStuck', any, (run, { events }) => {
    run.status = 'running'
    run.records.pop()
    const end = events.find(({ run: id, type }) => id === run.id && type === 'run_finished')
    if (end !== undefined) remove(events, end)
  }),
  ofRun(
    'a run does not see that its nodes have ended',
    'runsEndWithTheirNodes',
    any,
    (run, { events }) => {
      run.status = 'running'
      const end = events.find(({ run: id, type }) => id === run.id && type === 'run_finished')
      if (end !== undefined) remove(events, end)
    },
  ),
  ofRun('a run is gone', 'acknowledgedRunsAreKnown', any, (run) => {
    Object.assign(run, { status: 'unknown', nodes: [], records: [], data: {} })
  }),
  ofNode(
    'a node runs that no plan has',
    'acknowledgedRunsAreKnown',
    any,
    ({ last }, { effects }) => {
      effects.push({ ...last, node: 'stranger' })
    },
  ),
  ofNode(
    'a node runs although its input failed',
    'nothingAfterFailure',
    succeeded,
    ({ run, record, last }, { effects, runs }) => {
      record.status = 'failed'
      const reader = runs
        .find(({ id }) => id === run.id)
        ?.nodes.find(({ inputs }) => inputs.includes(record.node.replace('node', 'data')))
      // A node that nobody reads gets a reader.
      const name = reader?.name ?? 'reader'
      if (reader === undefined)
        run.nodes.push({
          name,
          inputs: [record.node.replace('node', 'data')],
          outputs: [],
          retries: 0,
        })
      effects.push({ ...last, node: name, at: last.at + 1000 })
    },
  ),
  ofNode(
    'a node is skipped although its inputs are there',
    'nothingAfterFailure',
    succeeded,
    ({ record }) => {
      record.status = 'skipped'
    },
  ),
]

const outputs: readonly Mutation[] = [
  ofNode('an output is gone', 'outputsAreWhole', succeeded, ({ run, record }) => {
    delete run.data[record.node.replace('node', 'data')]
  }),
  ofNode('an output is not what its hash says', 'outputsAreWhole', succeeded, ({ run, record }) => {
    const reference = run.data[record.node.replace('node', 'data')]
    if (reference !== undefined) reference.sha256 = 'another'
  }),
  ofNode('the output of a zombie is visible', 'outputsAreWhole', succeeded, ({ run, record }) => {
    const inline = JSON.stringify({ mark: 'of nobody' })
    const sha256 = createHash('sha256').update(inline).digest('hex')
    run.data[record.node.replace('node', 'data')] = { inline, sha256 }
  }),
  {
    name: 'a key is left',
    breaks: 'noKeySurvives',
    mutate(history) {
      history.keys = ['{pw}:run:one:live']
      return true
    },
  },
]

const order: readonly Mutation[] = [
  ofNode(
    'a node ends before its input',
    'eventsTellTheLedger',
    reads,
    ({ finished }, { events }) => {
      const first = events.findIndex(
        ({ run, type }) => run === finished.run && type === 'run_created',
      )
      remove(events, finished)
      events.splice(first + 1, 0, finished)
    },
  ),
  ofRun(
    'a node ends after its run',
    'eventsTellTheLedger',
    ({ records }) => records.length > 0,
    ({ id }, { events }) => {
      const event = events.find(({ run, type }) => run === id && type === 'node_finished')
      if (event === undefined) return
      remove(events, event)
      events.push(event)
    },
  ),
  ofNode(
    'an attempt is told of after its end',
    'eventsTellTheLedger',
    any,
    ({ finished }, { events }) => {
      const late = { ...finished, type: 'node_started' }
      events.splice(events.indexOf(finished) + 1, 0, late)
    },
  ),
  ofNode(
    'an attempt is told of after another one has started',
    'eventsTellTheLedger',
    ({ last }) => last.attempt > 1,
    ({ finished, last }, { events }) => {
      const { run, node, at } = finished
      const told = (attempt: number): HistoryEvent => ({
        type: 'node_started',
        run,
        at,
        attempt,
        ...(node === undefined ? {} : { node }),
      })
      events.splice(events.indexOf(finished), 0, told(last.attempt), told(last.attempt - 1))
    },
  ),
]

/** Faults of what ends, what is told of it, and what is left. */
export const endMutations: readonly Mutation[] = [...completions, ...ends, ...outputs, ...order]
