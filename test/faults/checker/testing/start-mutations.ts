import { any, chosen, ofNode, ofRun, type Chosen, type Mutation } from './mutation.ts'

const reads = ({ last }: Chosen): boolean => Object.keys(last.inputs ?? {}).length > 0

/** Faults of what starts, and when. */
export const startMutations: readonly Mutation[] = [
  ofNode('a body starts before its input is committed', 'inputsAreCommitted', reads, ({ last }) => {
    last.at = 0
  }),
  ofNode('a body reads what a zombie made', 'inputsAreCommitted', reads, ({ last }) => {
    const [input = ''] = Object.keys(last.inputs ?? {})
    last.inputs = { ...last.inputs, [input]: 'of nobody' }
  }),
  ofNode(
    'a body starts again without excuse',
    'startsAreExcused',
    any,
    ({ last, finished }, { effects }) => {
      const at = (last.at + finished.at) / 2
      effects.push({ ...last, attempt: last.attempt + 1, worker: 'another', at })
    },
  ),
  {
    name: 'a body starts again, and nothing was done to its worker',
    breaks: 'startsAreExcused',
    mutate(history, random) {
      const at = chosen(history, random, ({ starts }) =>
        starts
          .slice(0, -1)
          .some((each) => history.excuses.some(({ worker }) => worker === each.worker)),
      )
      const workers = at?.starts.map(({ worker }) => worker) ?? []
      history.excuses = history.excuses.filter(({ worker = '' }) => !workers.includes(worker))
      return at !== undefined
    },
  },
  ofNode(
    'a body starts again after its commit',
    'committedStaysDone',
    any,
    ({ last, finished }, { effects }) => {
      effects.push({ ...last, attempt: last.attempt + 1, worker: 'another', at: finished.at + 1 })
    },
  ),
  ofNode('an attempt starts twice', 'attemptsAreBounded', any, ({ last }, { effects }) => {
    effects.push({ ...last, worker: 'another', at: last.at + 0.01 })
  }),
  ofNode(
    'a loss is counted that was none',
    'lossesAreExcused',
    any,
    ({ last, run }, { events }) => {
      events.push({
        type: 'node_lost',
        run: run.id,
        node: last.node,
        attempt: last.attempt,
        at: last.at + 0.01,
      })
    },
  ),
  ofNode(
    'a node is tried more often than it may be',
    'attemptsAreBounded',
    any,
    ({ last, run }, { events }) => {
      const event = {
        type: 'node_retrying',
        run: run.id,
        node: last.node,
        attempt: last.attempt,
        at: last.at,
        error: { code: 'Error', message: '' },
      }
      events.push({ ...event }, { ...event }, { ...event })
    },
  ),
  ofRun(
    'a run starts nodes after it was cancelled',
    'cancelledStartsNothing',
    ({ records }) => records.some(({ attempt }) => attempt > 0),
    (run, { effects }) => {
      const last = effects.findLast((effect) => effect.run === run.id && effect.what === 'started')
      run.cancelledAt = (last?.at ?? 0) - 1500
    },
  ),
]
