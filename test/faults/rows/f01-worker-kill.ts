import { bareDefaults } from '../bare/fleet.ts'
import { p95, scaled } from '../random.ts'
import { resultOf, type Demand } from '../result.ts'
import type { FaultRow, RowContext } from '../row.ts'
import { bareRecovery, bareStorm } from './f01/bare.ts'
import {
  crashAt,
  quickPoints,
  workerPoints,
  type CrashOutcome,
  type WorkerPoint,
} from './f01/crash-points.ts'
import { recoveryTrials } from './f01/recovery.ts'
import { killStorm, stormOf } from './f01/storm.ts'

const byDefault = { lease: 10_000, checkEvery: 5000 }
const brisk = { lease: 3000, checkEvery: 1000 }

/** SIGKILL of workers: a storm of it, at each point of a node run, and how long until work goes on. */
export const row: FaultRow = {
  row: 'F1',
  fault: 'workers killed with SIGKILL: a storm, and at each point of a node run',
  expected:
    'nothing lost, nothing failed, only bodies in flight run again, MLflow without duplicates; restarted within 15 s, or 5 s with a lease of 3 s',
  async run(context) {
    const storm = await killStorm(context, stormOf(context))
    context.say(`storm: ${storm.kills} kills over ${storm.checked.figures.nodes} nodes`)
    const crashes = await crashPoints(context)
    const outcome = [storm.checked, ...crashes.map(({ checked }) => checked)]
    const demands: Demand[] = [
      { what: 'MLflow has everything', holds: storm.recorded },
      ...crashes.map(({ wrong }) => ({ what: wrong ?? '', holds: wrong === undefined })),
    ]
    const { nodes, starts } = storm.checked.figures
    const notes = [
      `Storm: ${storm.kills} kills over ${nodes} nodes, ${starts - nodes} bodies ran again; ${storm.settings}.`,
      `Killed at ${crashes.map(({ point }) => point).join(', ')}.`,
    ]
    const trials = storm.kills + crashes.length
    if (context.short) return resultOf('F1', trials, outcome, { demands, notes })

    const slow = await recoveryTrials(context, byDefault, scaled(6, context.scale))
    const fast = await recoveryTrials(context, brisk, scaled(10, context.scale, 2))
    const { recoveries } = slow.figures
    const [p95Default, p95Brisk] = [p95(recoveries), p95(fast.figures.recoveries)]
    return resultOf(
      'F1',
      trials + slow.history.excuses.length + fast.history.excuses.length,
      [...outcome, slow, fast],
      {
        recoveries,
        demands: [
          ...demands,
          {
            what: `restart within 15 s by default, not ${p95Default} ms`,
            holds: (p95Default ?? Infinity) <= 15_000,
          },
          {
            what: `restart within 5 s with 3 s / 1 s, not ${p95Brisk} ms`,
            holds: (p95Brisk ?? Infinity) <= 5000,
          },
        ],
        notes: [
          ...notes,
          `Restart with the default lease of 10 s / 5 s: p95 ${p95Default} ms of ${recoveries.length}; with 3 s / 1 s: p95 ${p95Brisk} ms of ${fast.figures.recoveries.length}.`,
        ],
        bare: await bare(context),
      },
    )
  },
}

/** One quick point in `npm test`, which the seed chooses; all of them in the long suite. */
async function crashPoints(context: RowContext): Promise<readonly CrashOutcome[]> {
  const one = quickPoints[Math.floor(context.random() * quickPoints.length)]
  const points: readonly WorkerPoint[] = context.short && one !== undefined ? [one] : workerPoints
  const outcomes: CrashOutcome[] = []
  for (const point of points) outcomes.push(await crashAt(context, point))
  return outcomes
}

async function bare(context: RowContext): ReturnType<typeof bareStorm> {
  const storm = await bareStorm(context, stormOf(context))
  const { recoveryP95Ms } = await bareRecovery(context)
  return {
    ...storm,
    recoveryP95Ms,
    note: `${storm.note}; recovery with ${bareDefaults}`,
  }
}
