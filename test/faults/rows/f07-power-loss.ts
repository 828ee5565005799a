import { scaled } from '../random.ts'
import { resultOf, type Demand } from '../result.ts'
import type { FaultRow, RowContext } from '../row.ts'
import { barePowerLoss } from './f07/bare.ts'
import { losePower, type Mode, type Outcome } from './f07/lose-power.ts'

/** Redis' own bound: a sync is begun each second, and takes as long as it takes. */
const youngest = 2000

const strict: readonly Mode[] = [
  { durability: 'strict', sync: 'everysec' },
  { durability: 'strict', sync: 'always' },
]
const byDefault: Mode = { durability: 'default', sync: 'everysec' }

/** The machine of Redis loses its power: its files are cut back to what was synced. */
export const row: FaultRow = {
  row: 'F7',
  fault: 'power loss: the append-only file of Redis cut back to its last sync, under load',
  expected:
    'strict: no acknowledged run lost, nothing stuck; default: nothing lost but what was not synced yet, and the ledger consistent',
  async run(context) {
    const losses = context.short ? 1 : scaled(10, context.scale)
    const modes = context.short ? oneOf(context) : strict
    const outcomes: Outcome[] = []
    for (const mode of modes) outcomes.push(await losePower(context, mode, losses))
    const relaxed = context.short ? undefined : await losePower(context, byDefault, losses)
    const demands: Demand[] = outcomes.map(({ mode, lost }) => ({
      what: `no acknowledged run lost with strict and ${mode.sync}, not ${lost.length}`,
      holds: lost.length === 0,
    }))
    if (relaxed !== undefined) {
      const oldest = Math.max(0, ...relaxed.lost)
      demands.push({
        what: `by default nothing lost that is older than ${youngest} ms, not ${oldest} ms`,
        holds: oldest <= youngest,
      })
    }
    const all = relaxed === undefined ? outcomes : [...outcomes, relaxed]
    return resultOf(
      'F7',
      all.length * losses,
      all.map(({ checked }) => checked),
      {
        demands,
        recoveries: all.flatMap(({ recoveries }) => recoveries),
        notes: all.map(noteOf),
        bare: context.scale >= 0.2 ? await barePowerLoss(context) : null,
      },
    )
  },
}

/** One of the two in `npm test`, which the seed chooses. */
function oneOf({ random }: RowContext): readonly Mode[] {
  const at = Math.floor(random() * strict.length)
  return strict.slice(at, at + 1)
}

function noteOf({ mode, acknowledged, lost, never, again, cutBytes }: Outcome): string {
  const oldest = lost.length === 0 ? '' : `, the oldest ${Math.max(...lost)} ms before`
  return `${mode.durability}, appendfsync ${mode.sync}: ${acknowledged} runs acknowledged, ${lost.length} of them lost${oldest}; ${never} begun that nobody was told of; ${again} bodies ran again; ${cutBytes} bytes cut.`
}
