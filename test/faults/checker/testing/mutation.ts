import type { Invariant } from '../check.ts'
import type {
  Effect,
  History,
  HistoryEvent,
  HistoryRun,
  NodeRecord,
  TrackedRun,
} from '../history.ts'

/** A fault of an engine, done to a history of one without. */
export interface Mutation {
  readonly name: string
  readonly breaks: Invariant
  /** Changes the history. False when it has no place for this fault. */
  readonly mutate: (history: History, random: () => number) => boolean
}

type Random = () => number

function pick<T>(values: readonly T[], random: Random): T | undefined {
  return values[Math.floor(random() * values.length)]
}

/** Takes a value out of a list. */
export function remove<T>(values: T[], value: T): void {
  values.splice(values.indexOf(value), 1)
}

/** A node run with a record that fits, everything about it at hand. */
export interface Chosen {
  readonly run: HistoryRun
  readonly record: NodeRecord
  readonly finished: HistoryEvent
  readonly starts: readonly Effect[]
  readonly last: Effect
}

/** A node run that fits, by chance. */
export function chosen(
  history: History,
  random: Random,
  fits: (at: Chosen) => boolean,
): Chosen | undefined {
  const all = history.runs.flatMap((run) =>
    run.records.flatMap((record) => {
      const own = ({ run: id, node }: { run: string; node?: string | undefined }): boolean =>
        id === run.id && node === record.node
      const finished = history.events.find((event) => own(event) && event.type === 'node_finished')
      const starts = history.effects.filter((effect) => own(effect) && effect.what === 'started')
      const last = starts.at(-1)
      if (finished === undefined || last === undefined) return []
      const at = { run, record, finished, starts, last }
      return fits(at) ? [at] : []
    }),
  )
  return pick(all, random)
}

/** Fits everything. */
export const any = (): boolean => true

/** Makes a mutation of a node run that fits. */
export function ofNode(
  name: string,
  breaks: Invariant,
  fits: (at: Chosen) => boolean,
  change: (at: Chosen, history: History) => void,
): Mutation {
  return {
    name,
    breaks,
    mutate(history, random) {
      const at = chosen(history, random, fits)
      if (at !== undefined) change(at, history)
      return at !== undefined
    },
  }
}

/** Makes a mutation of a run that fits. */
export function ofRun(
  name: string,
  breaks: Invariant,
  fits: (run: HistoryRun) => boolean,
  change: (run: HistoryRun, history: History) => void,
): Mutation {
  return {
    name,
    breaks,
    mutate(history, random) {
      const run = pick(history.runs.filter(fits), random)
      if (run !== undefined) change(run, history)
      return run !== undefined
    },
  }
}

/** Makes a mutation of an MLflow run that fits. */
export function ofTracked(
  name: string,
  fits: (run: TrackedRun) => boolean,
  change: (run: TrackedRun, all: TrackedRun[]) => void,
): Mutation {
  return {
    name,
    breaks: 'mlflowEqualsLedger',
    mutate({ tracked = [] }, random) {
      const run = pick(tracked.filter(fits), random)
      if (run !== undefined) change(run, tracked)
      return run !== undefined
    },
  }
}
