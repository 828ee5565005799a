import { bareDefaults, openBareFleet } from '../bare/fleet.ts'
import { holds } from '../fixture/pipelines/holds.ts'
import { openFaultProject } from '../project.ts'
import { resultOf } from '../result.ts'
import type { BareResult, FaultRow, RowContext } from '../row.ts'

/** For `npm test`: its own two loops, and the rows beside it, leave renewals little of two cores. */
const patientLease = { lease: 3000, checkEvery: 500 }

/** A node that holds its thread, and one that is bound to a CPU in its own process, for longer than two leases. */
export const row: FaultRow = {
  row: 'F4',
  fault: 'a synchronous loop of 60 s in a thread, and in a process of its own',
  expected: 'one start each, no loss, succeeded',
  async run(context) {
    const hold = holdOf(context)
    const settings = context.short ? patientLease : {}
    const project = await openFaultProject(context, {
      worker: { ...settings, env: { PIPEWRIGHT_FAULT_HOLD: String(hold) } },
    })
    await Promise.all([project.work(), project.work()])
    await project.enqueue(holds)
    await project.ended(hold * 3 + 60_000)
    const checked = await project.check()
    const { starts } = checked.figures
    const lost = checked.history.events.filter(({ type }) => type === 'node_lost').length
    return resultOf('F4', 2, [checked], {
      notes: [
        `Held for ${hold / 1000} s under ${context.short ? 'a short lease' : 'the default lease of 10 s'}.`,
      ],
      demands: [
        { what: `one start each, not ${starts}`, holds: starts === 2 },
        { what: `no loss, not ${lost}`, holds: lost === 0 },
      ],
      bare: context.short ? null : await bare(context),
    })
  },
}

/** Milliseconds, longer than two leases. */
function holdOf({ scale, short }: RowContext): number {
  return short ? 2.2 * patientLease.lease : Math.max(25_000, 60_000 * Math.min(1, scale))
}

/** A job with the same loop, beside an idle worker. */
async function bare(context: RowContext): Promise<BareResult> {
  const time = holdOf(context)
  // A loop that is shorter than BullMQ's own lock shows nothing.
  const isFull = time >= 60_000
  const fleet = await openBareFleet(
    context,
    isFull ? {} : { lockDuration: 10_000, stalledInterval: 5000 },
  )
  await Promise.all([fleet.work(), fleet.work()])
  await fleet.add({ does: 'hold', time })
  const settings = isFull ? bareDefaults : 'the same lease (lock 10 s, stalled check 5 s)'
  return fleet.result(1, settings, time * 4)
}
