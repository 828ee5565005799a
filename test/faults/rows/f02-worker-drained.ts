import { draining } from '../../system/fixture/draining.ts'
import { bareDefaults, openBareFleet } from '../bare/fleet.ts'
import { gate, gated } from '../fixture/pipelines/gated.ts'
import { openFaultProject, type Checked, type FaultProject } from '../project.ts'
import { scaled } from '../random.ts'
import { resultOf, type Demand } from '../result.ts'
import type { BareResult, FaultRow, RowContext } from '../row.ts'
import { until } from '../until.ts'

/** How long a worker that hands back lets its bodies go on, in milliseconds. */
const drain = 200

/** SIGTERM while a body runs that ends within the grace, and one that does not. Its node has no retries to spend. */
export const row: FaultRow = {
  row: 'F2',
  fault: 'workers stopped with SIGTERM while a body runs, which ends within the grace or does not',
  expected: 'the first may end, the second is handed back at once without spending a retry',
  async run(context) {
    const trials = context.short ? 1 : scaled(20, context.scale, 2)
    const outcomes: Trial[] = []
    for (let trial = 0; trial < trials; trial += 1) outcomes.push(await handBackThenDrain(context))
    return resultOf(
      'F2',
      trials * 2,
      outcomes.map(({ checked }) => checked),
      {
        demands: outcomes.flatMap(({ demands }) => demands),
        recoveries: outcomes.map(({ handedOver }) => handedOver),
        notes: ['Recovery: from the end of the worker that handed a body back to its next start.'],
        bare: context.short ? null : await bare(context),
      },
    )
  },
}

interface Trial {
  readonly checked: Checked
  readonly demands: readonly Demand[]
  /** Milliseconds. */
  readonly handedOver: number
}

/** A body is handed back by its worker; the next one, told to stop too, lets it end. */
async function handBackThenDrain(context: RowContext): Promise<Trial> {
  const project = await openFaultProject(context)
  const hasty = await project.work({ drain })
  const run = await project.enqueue(gated)
  await startedIn(project, hasty.name)
  const [patient] = await Promise.all([project.work(), project.drain(hasty)])
  const left = Date.now()
  const taken = await startedIn(project, patient.name)
  const drained = project.drain(patient)
  await until('the worker to drain', () => patient.log.includes(draining))
  await project.open(gate)
  await drained
  const between = await run.nodes()
  await project.work()
  await project.ended(60_000)
  const checked = await project.check()
  const { effects, events } = checked.history
  const lost = events.filter(({ type }) => type === 'node_lost').length
  const aborted = effects.filter(({ what }) => what === 'aborted').map(({ worker }) => worker)
  return {
    checked,
    handedOver: Math.max(0, taken - left),
    demands: [
      {
        what: `only the first is aborted, not ${aborted.join()}`,
        holds: aborted.join() === hasty.name,
      },
      { what: 'the second may end', holds: between[1]?.status === 'succeeded' },
      {
        what: 'nothing new starts in a worker that stops',
        holds: between[2]?.status === 'pending',
      },
      { what: `no loss, not ${lost}`, holds: lost === 0 },
    ],
  }
}

/** When the body that waits at the gate started in a worker. */
async function startedIn(project: FaultProject, worker: string): Promise<number> {
  return until(`the body to wait in ${worker}`, async () => {
    const effects = await project.effects()
    return effects.find(
      ({ node, what, worker: its }) => node === 'waiting' && what === 'started' && its === worker,
    )?.at
  })
}

/** A BullMQ worker that is closed, and ends when its job has not ended after the same time. */
async function bare(context: RowContext): Promise<BareResult> {
  const fleet = await openBareFleet(context, { drain })
  const leaving = await fleet.work()
  await fleet.add({ does: 'gate', gate })
  await until('the job to wait', async () => (await fleet.effects()).length === 1)
  const from = Date.now()
  leaving.signal('SIGTERM')
  await leaving.ended
  fleet.excuse({ kind: 'kill', worker: leaving.name, from, to: Date.now() })
  await fleet.work()
  await until('the heir to take over', async () => (await fleet.effects()).length === 2, 150_000)
  await fleet.openGate(gate)
  return fleet.result(1, `${bareDefaults}; closed, and ended after ${drain} ms`, 60_000)
}
