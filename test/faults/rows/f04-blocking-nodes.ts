import { shortLease } from '../../support/projects.ts'
import { holds } from '../fixture/pipelines/holds.ts'
import { openFaultProject } from '../project.ts'
import { resultOf } from '../result.ts'
import type { FaultRow } from '../row.ts'

/** A node that holds its thread, and one that is bound to a CPU in its own process, for longer than two leases. */
export const row: FaultRow = {
  row: 'F4',
  fault: 'a synchronous loop of 60 s in a thread, and in a process of its own',
  expected: 'one start each, no loss, succeeded',
  async run(context) {
    const hold = context.short ? 2.2 * shortLease.lease : Math.max(25_000, 60_000 * context.scale)
    const settings = context.short ? shortLease : {}
    const project = await openFaultProject(context, {
      worker: { ...settings, env: { PIPEWRIGHT_FAULT_HOLD: String(hold) } },
    })
    await Promise.all([project.work(), project.work()])
    await project.enqueue(holds)
    await project.ended(hold * 3 + 60_000)
    const checked = await project.check()
    const lost = checked.history.events.filter(({ type }) => type === 'node_lost').length
    return resultOf('F4', 2, [checked], {
      notes: [
        `Held for ${hold / 1000} s under ${context.short ? 'a short lease' : 'the default lease of 10 s'}.`,
      ],
      demands: [
        {
          what: `one start each, not ${checked.figures.starts}`,
          holds: checked.figures.starts === 2,
        },
        { what: `no loss, not ${lost}`, holds: lost === 0 },
      ],
    })
  },
}
