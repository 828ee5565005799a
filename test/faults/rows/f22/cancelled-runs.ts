import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

import type { Pipeline } from '@pipewright/engine'

import { startFaultAdapter } from '../../adapter.ts'
import { openFaultProject, type Checked, type FaultProject } from '../../project.ts'
import { scaled } from '../../random.ts'
import type { Demand } from '../../result.ts'
import type { RowContext } from '../../row.ts'
import { startCanceller, type Cancellation, type Canceller } from './canceller.ts'
import { briefRace, longRace, pulseFile } from './race.ts'

/** What came of runs that others cancelled. */
export interface CancelledRuns {
  readonly checked: Checked
  readonly demands: readonly Demand[]
  /** Runs that others cancelled, or tried to. */
  readonly asked: number
  /** Those that ended as cancelled. */
  readonly cancelled: number
  /** Milliseconds from the return of each cancel to the last sign of life of a body of its run. */
  readonly stops: readonly number[]
}

/** Enqueues runs, and has two other processes cancel them at any moment of theirs. */
export async function cancelRuns(context: RowContext): Promise<CancelledRuns> {
  const project = await openFaultProject(context, { worker: { concurrency: 16 } })
  const [adapter, one, two] = await Promise.all([
    startFaultAdapter(context, project),
    startCanceller(context, project),
    startCanceller(context, project),
    project.work(),
  ])
  const asked: Cancellation[] = []
  const count = context.short ? 2 : scaled(40, context.scale, 4)
  for (let done = 0; done < count; done += 2) {
    asked.push(
      ...(await raceTwo(context, project, longRace, [one, two], 1500)),
      ...(await raceTwo(context, project, briefRace, [one, two], 700)),
    )
    if (!context.short) {
      asked.push(...(await raceTwo(context, project, briefRace, [one, two], 700)))
    }
  }
  const ended = await project.ended(60_000)
  const recorded = await adapter.recorded(60_000)
  const checked = await project.check({ tracked: await adapter.tracked() })
  const cancelled = checked.history.runs.filter(({ status }) => status === 'cancelled')
  return {
    checked,
    asked: new Set(asked.map(({ run }) => run)).size,
    cancelled: cancelled.length,
    stops: await stopsOf(project, checked, asked),
    demands: [
      { what: 'every run ends', holds: ended },
      { what: 'all recorded in time', holds: recorded },
      ...endings(checked, asked),
    ],
  }
}

/** Two runs at once; the first one is cancelled by both at the same moment. */
async function raceTwo(
  context: RowContext,
  project: FaultProject,
  pipeline: Pipeline,
  [one, two]: readonly [Canceller, Canceller],
  latest: number,
): Promise<readonly Cancellation[]> {
  const moments = [context.random() * latest, context.random() * latest]
  const [first, second] = await Promise.all([project.enqueue(pipeline), project.enqueue(pipeline)])
  const told = await Promise.all([
    wait(moments[0]).then(async () => Promise.all([one.cancel(first.id), two.cancel(first.id)])),
    wait(moments[1]).then(async () => [await one.cancel(second.id)]),
  ])
  for (const { run, reply, at } of told.flat()) {
    if (reply === 'cancelling') project.cancelledElsewhere(run, at)
  }
  await project.ended(30_000)
  return told.flat()
}

/** A run that somebody was told is being cancelled ends as cancelled, any other one as what it was. */
function endings({ history }: Checked, asked: readonly Cancellation[]): readonly Demand[] {
  const wrong = history.runs.flatMap(({ id, status }) => {
    const replies = asked.filter(({ run }) => run === id).map(({ reply }) => reply)
    const expected = replies.includes('cancelling') ? 'cancelled' : 'succeeded'
    return status === expected ? [] : [`${id} is ${status} after ${replies.join(' and ')}`]
  })
  return [{ what: `a cancel means what it says: ${wrong.join('; ')}`, holds: wrong.length === 0 }]
}

/** For each cancelled run: how long after its cancel a body of it still lived. */
async function stopsOf(
  { root }: FaultProject,
  { history }: Checked,
  asked: readonly Cancellation[],
): Promise<readonly number[]> {
  const text = await readFile(join(root, pulseFile), 'utf8').catch(() => '')
  const last = new Map<string, number>()
  const lives = (run: string, at: number): void => {
    last.set(run, Math.max(at, last.get(run) ?? 0))
  }
  for (const line of text.split('\n')) {
    const [run = '', at = ''] = line.split(' ')
    lives(run, Number(at))
  }
  for (const { run, at } of history.effects) lives(run, at)
  return history.runs
    .filter(({ status }) => status === 'cancelled')
    .map(({ id }) => {
      const told = asked.filter(({ run }) => run === id).map(({ at }) => at)
      return Math.max(0, (last.get(id) ?? 0) - Math.min(...told))
    })
}
