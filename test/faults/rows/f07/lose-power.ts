import { setTimeout as wait } from 'node:timers/promises'

import type { DurabilityMode } from '@pipewright/engine/client'
import { keys } from '@pipewright/engine/internal'

import { brief } from '../../fixture/pipelines/brief.ts'
import { startPowerLossRedis } from '../../power-loss/power-loss-redis.ts'
import { openFaultProject, type Checked, type FaultProject } from '../../project.ts'
import { between } from '../../random.ts'
import { committedBodies } from '../../redis/committed-bodies.ts'
import { Load } from '../../redis/load.ts'
import { neverAcknowledged } from '../../redis/never-acknowledged.ts'
import { nextStart } from '../../redis/starts.ts'
import type { RowContext } from '../../row.ts'

/** What is promised, and how Redis syncs. */
export interface Mode {
  readonly durability: DurabilityMode
  readonly sync: 'always' | 'everysec'
}

/** What came of power losses. */
export interface Outcome {
  readonly mode: Mode
  readonly acknowledged: number
  /** For each acknowledged run that is gone, milliseconds from its acknowledgement to the loss. */
  readonly lost: readonly number[]
  /** Runs that had begun, are gone, and were never acknowledged. */
  readonly never: number
  readonly cutBytes: number
  readonly recoveries: readonly number[]
  /** Bodies that ran again, for nobody knew any more that they had run. */
  readonly again: number
  /** Of the runs that are left, and of the bodies whose results the ledger has. */
  readonly checked: Checked
}

/** Cuts the power under load, several times. */
export async function losePower(context: RowContext, mode: Mode, times: number): Promise<Outcome> {
  const redis = await startPowerLossRedis({ sync: mode.sync })
  context.cleanup(() => redis.stop())
  const { durability } = mode
  const project = await openFaultProject(context, {
    url: redis.url,
    durability: { durability },
    worker: {
      durability,
      ...(context.short ? { lease: 3000, checkEvery: 500 } : {}),
      env: { PIPEWRIGHT_FAULT_PACE: '100' },
    },
  })
  await Promise.all([project.work(), project.work()])
  const load = new Load(project, {
    pipeline: brief,
    clients: 4,
    rest: context.short ? 20 : 50,
    durability: { durability },
  })
  await load.start(context)
  const recoveries: number[] = []
  const lost = new Map<string, number>()
  let cut = 0
  for (let loss = 0; loss < times && !context.signal.aborted; loss += 1) {
    await wait(between(context.random, 1200, 2500))
    const from = Date.now()
    const { cutBytes } = await redis.losePower()
    const dead = Date.now()
    cut += cutBytes
    await wait(context.short ? 200 : 1000)
    const told = load.acknowledged.filter(({ at }) => at <= dead)
    await redis.restart()
    const back = Date.now()
    // A second back: whatever was claimed by then may be claimed again under the same number.
    project.excuse({ kind: 'removal', from: from - 2000, to: back })
    recoveries.push(await nextStart(project, back))
    const gone = await goneOf(project, told)
    for (const { run, at } of gone) lost.set(run, from - at)
    project.forget(gone.map(({ run }) => run))
    context.say(`${durability}, ${mode.sync}: ${gone.length} of ${told.length} lost`)
  }
  await load.stop()
  await project.ended(120_000)
  const never = await neverAcknowledged(project, new Set(lost.keys()))
  project.forget(never)
  const checked = await project.check({ only: committedBodies })
  return {
    mode,
    acknowledged: load.acknowledged.length,
    lost: [...lost.values()],
    never: never.size,
    cutBytes: cut,
    recoveries,
    again: (await startsOf(project)) - checked.figures.nodes,
    checked,
  }
}

/** Runs that the ledger has not got. */
async function goneOf<Known extends { readonly run: string }>(
  { redis, prefix, runs }: FaultProject,
  told: readonly Known[],
): Promise<readonly Known[]> {
  const watched = new Set(runs.map(({ id }) => id))
  const own = told.filter(({ run }) => watched.has(run))
  const there = await Promise.all(own.map(async ({ run }) => redis.exists(keys.run(prefix, run))))
  return own.filter((_, at) => there[at] === 0)
}

/** Bodies that were started of the runs that are left. */
async function startsOf(project: FaultProject): Promise<number> {
  const known = new Set(project.runs.map(({ id }) => id))
  const effects = await project.effects()
  return effects.filter(({ run, what }) => what === 'started' && known.has(run)).length
}
