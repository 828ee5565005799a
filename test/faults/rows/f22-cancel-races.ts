import { openGround, search } from '../../durability/model/search.ts'
import { p95, scaled } from '../random.ts'
import { resultOf } from '../result.ts'
import type { FaultRow, RowContext } from '../row.ts'
import { cancelRuns } from './f22/cancelled-runs.ts'

/** Bodies are to have stopped so many milliseconds after a cancel has returned. */
const limit = 2000

/** Cancels that race with completions, retries, losses and removals. */
export const row: FaultRow = {
  row: 'F22',
  fault:
    'runs cancelled from other processes at any moment, with bodies that heed their signal and bodies that do not; scripts of the ledger in random orders',
  expected:
    'one terminal state, bodies stop within 2 s, nothing starts later than 1 s, MLflow says KILLED',
  async run(context) {
    const sequences = context.short ? 30 : scaled(10_000, context.scale, 200)
    const [runs, violation] = context.short
      ? await Promise.all([cancelRuns(context), interleave(context, sequences)])
      : [await cancelRuns(context), await interleave(context, sequences)]
    const { asked, cancelled, checked, demands, stops } = runs
    const most = Math.round(Math.max(0, ...stops))
    return resultOf('F22', asked + sequences, [checked], {
      recoveries: stops,
      demands: [
        ...demands,
        { what: 'runs were cancelled', holds: cancelled > 0 },
        {
          what: `all bodies stop within ${limit} ms, not ${most}`,
          holds: context.short || most <= limit,
        },
        { what: `the ledger is what its model says: ${violation}`, holds: violation === undefined },
      ],
      notes: [
        `${asked} runs cancelled by two processes, ${cancelled} before they had ended; from the return of the cancel to the last sign of a body: p95 ${p95(stops)} ms, at most ${most} ms.`,
        `${sequences} random sequences of the ledger's scripts, compared with a model.`,
      ],
    })
  },
}

/** Plays sequences of scripts, each of which Redis does as a whole: every order is an interleaving. */
async function interleave(context: RowContext, sequences: number): Promise<string | undefined> {
  const ground = await openGround()
  context.cleanup(async () => ground.close())
  const found = await search(ground, { seed: context.seed, runs: sequences, shortens: true })
  return found.violation
}
