import { setTimeout as wait } from 'node:timers/promises'

import { startFaultAdapter } from '../../adapter.ts'
import { smallShapes } from '../../fixture/pipelines/shapes.ts'
import { openFaultProject, type Checked, type FaultProject } from '../../project.ts'
import type { Demand } from '../../result.ts'
import type { RowContext } from '../../row.ts'
import { until } from '../../until.ts'
import { isFrozen } from '../f03/process-state.ts'

/** Each place of recording a run of MLflow, in their order. */
export const adapterPoints = [
  'adapter.creating',
  'adapter.created',
  'adapter.recorded',
  'adapter.logging',
  'adapter.ending',
  'adapter.ended',
] as const

/** Where an adapter ends, and at which passage of it. */
export interface Crash {
  readonly point: (typeof adapterPoints)[number]
  readonly passage: number
}

/** Each run passes each point once for itself and once for each of its six nodes. */
export const passages = 7

/** What came of adapters that crashed. */
export interface Crashes {
  readonly checked: Checked
  readonly demands: readonly Demand[]
  /** Milliseconds from the start of the one that goes on to everything being recorded. */
  readonly recovery: number
}

/** Recording is to be complete so many milliseconds after an adapter can go on. */
const limit = 60_000
const patience = 30_000
const lease = 1500

/** Has one adapter after the other killed while it records a run of its own, and a last one go on. */
export async function killAdapters(
  context: RowContext,
  crashes: readonly Crash[],
): Promise<Crashes> {
  const project = await openProject(context)
  const working = project.work()
  const demands: Demand[] = []
  for (const crash of crashes) {
    const adapter = await startFaultAdapter(context, project, env(crash, 'kill'))
    await runOne(project, working)
    const ended = await Promise.race([adapter.ended.then(() => true), wait(patience, false)])
    demands.push({ what: `an adapter comes to ${nameOf(crash)}`, holds: ended })
    if (!ended) adapter.signal('SIGKILL')
  }
  return goOn(context, project, demands)
}

/** Freezes an adapter in the middle of a run, past its lease, lets another one record it, and wakes the first one up. */
export async function freezeAdapter(context: RowContext, crash: Crash): Promise<Crashes> {
  const project = await openProject(context)
  const working = project.work()
  const zombie = await startFaultAdapter(context, project, env(crash, 'freeze'))
  await runOne(project, working)
  const came = await until(
    'the adapter to freeze',
    async () => isFrozen(zombie.pid),
    patience,
  ).catch(() => false)
  const result = await goOn(
    context,
    project,
    [{ what: `an adapter comes to ${nameOf(crash)}`, holds: came }],
    async () => {
      zombie.signal('SIGCONT')
      const noticed = await until(
        'the zombie to notice',
        () => zombie.lines.some((line) => line.includes('Another adapter records now')),
        patience,
      ).catch(() => false)
      // It ends what was under way before it exits.
      zombie.signal('SIGTERM')
      await zombie.ended
      return { what: 'the adapter that was frozen notices', holds: noticed }
    },
  )
  return result
}

/** An adapter records what is left; `then` is done before the record is read. */
async function goOn(
  context: RowContext,
  project: FaultProject,
  demands: readonly Demand[],
  then?: () => Promise<Demand>,
): Promise<Crashes> {
  const began = performance.now()
  const last = await startFaultAdapter(context, project, {
    PIPEWRIGHT_ADAPTER_LEASE: String(lease),
  })
  const recorded = await last.recorded(limit)
  const recovery = performance.now() - began
  const more = then === undefined ? [] : [await then()]
  const checked = await project.check({ tracked: await last.tracked() })
  last.signal('SIGTERM')
  await last.ended
  const inTime = { what: `all recorded within ${limit} ms`, holds: recorded }
  return { checked, recovery, demands: [...demands, inTime, ...more] }
}

async function openProject(context: RowContext): Promise<FaultProject> {
  return openFaultProject(context, { worker: { env: { PIPEWRIGHT_FAULT_PACE: '5' } } })
}

async function runOne(project: FaultProject, working: Promise<unknown>): Promise<void> {
  await working
  const [chain] = smallShapes
  if (chain !== undefined) await project.enqueue(chain)
  await project.ended(patience)
}

function nameOf({ point, passage }: Crash): string {
  return `passage ${passage} of ${point}`
}

function env(crash: Crash, action: 'kill' | 'freeze'): Readonly<Record<string, string>> {
  return {
    PIPEWRIGHT_CRASH_POINTS: `${crash.point}:${crash.passage}=${action}`,
    PIPEWRIGHT_ADAPTER_LEASE: String(lease),
  }
}
