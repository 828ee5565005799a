import { between, scaled } from '../random.ts'
import { resultOf } from '../result.ts'
import type { FaultRow, RowContext } from '../row.ts'
import {
  adapterPoints,
  freezeAdapter,
  killAdapters,
  passages,
  type Crash,
  type Crashes,
} from './f17/crashed-adapter.ts'

/** MLflow adapters that die, or sleep past their lease, at each point of recording a run. */
export const row: FaultRow = {
  row: 'F17',
  fault:
    'the MLflow adapter killed, or frozen past its lease beside another one, at each point of recording',
  expected:
    'MLflow equals the ledger within 60 s, without duplicates and without runs left RUNNING',
  async run(context) {
    const [kills, freezes] = crashesOf(context)
    const outcomes: Crashes[] = []
    if (context.short) {
      outcomes.push(
        ...(await Promise.all([
          killAdapters(context, kills),
          ...freezes.map(async (crash) => freezeAdapter(context, crash)),
        ])),
      )
    } else {
      outcomes.push(await killAdapters(context, kills))
      context.say(`${kills.length} adapters killed`)
      for (const crash of freezes) outcomes.push(await freezeAdapter(context, crash))
    }
    return resultOf(
      'F17',
      kills.length + freezes.length,
      outcomes.map(({ checked }) => checked),
      {
        demands: outcomes.flatMap(({ demands }) => demands),
        recoveries: outcomes.map(({ recovery }) => recovery),
        notes: [
          `${kills.length} kills and ${freezes.length} freezes at ${adapterPoints.length} points; recovery: from the start of the next adapter to all being recorded.`,
        ],
      },
    )
  },
}

/** One kill and one freeze in `npm test`, where the seed says; else each point, at several passages. */
function crashesOf({ random, scale, short }: RowContext): readonly [Crash[], Crash[]] {
  const anywhere = (point: Crash['point']): Crash => ({
    point,
    passage: between(random, 1, passages),
  })
  if (short) {
    const at = between(random, 0, adapterPoints.length - 1)
    const two = [at, (at + 3) % adapterPoints.length].flatMap((each) => adapterPoints[each] ?? [])
    const [kill, freeze] = two.map(anywhere)
    return [kill === undefined ? [] : [kill], freeze === undefined ? [] : [freeze]]
  }
  const times = (count: number): Crash[] =>
    Array.from({ length: scaled(count, scale) }, () => adapterPoints.map(anywhere)).flat()
  return [times(10), times(3)]
}
