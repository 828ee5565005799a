import { shortLease } from '../../support/projects.ts'
import type { WorkerProcess } from '../../support/worker-process.ts'
import { openBareFleet } from '../bare/fleet.ts'
import { poison, poisonNode } from '../fixture/pipelines/poison.ts'
import { keepWorking } from '../keep-working.ts'
import { openFaultProject, type Checked, type FaultProject } from '../project.ts'
import { scaled } from '../random.ts'
import { resultOf, type Demand } from '../result.ts'
import type { BareResult, FaultRow, RowContext } from '../row.ts'

const mostCrashes = 3
const crew = 2
const brisk = { lease: 3000, checkEvery: 1000 }

/** A node that ends the process it runs in, among thirty that do not. */
export const row: FaultRow = {
  row: 'F5',
  fault: 'a node that kills the process it runs in, among 30 innocent ones',
  expected: 'at most 3 crashes, no innocent node failed, the failure names the node',
  async run(context) {
    const trials = context.short ? 1 : scaled(5, context.scale)
    const outcomes: Poisoned[] = []
    for (let trial = 0; trial < trials; trial += 1) outcomes.push(await poisoned(context))
    const crashes = outcomes.map((outcome) => outcome.crashes)
    return resultOf(
      'F5',
      trials,
      outcomes.map(({ checked }) => checked),
      {
        demands: outcomes.flatMap(({ demands }) => demands),
        recoveries: outcomes.flatMap(({ checked }) => checked.figures.recoveries),
        notes: [`Crashes in each trial: ${crashes.join(', ')}.`],
        bare: context.short ? null : await bare(context),
      },
    )
  },
}

interface Poisoned {
  readonly checked: Checked
  readonly crashes: number
  readonly demands: readonly Demand[]
}

async function poisoned(context: RowContext): Promise<Poisoned> {
  const leases = context.short ? shortLease : brisk
  const project = await openFaultProject(context, {
    worker: {
      ...leases,
      concurrency: 8,
      env: { PIPEWRIGHT_FAULT_PACE: context.short ? '100' : '500' },
    },
  })
  const over = new AbortController()
  const replacing = Array.from({ length: crew }, async () =>
    keepWorking(
      async () => project.work(),
      over.signal,
      async (worker) => noteCrash(project, worker),
    ),
  )
  const run = await project.enqueue(poison)
  await project.ended(120_000)
  over.abort()
  await Promise.all(replacing)
  const checked = await project.check({ guilty: [poisonNode] })
  const [history] = checked.history.runs
  const record = history?.records.find(({ node }) => node === poisonNode)
  const crashes = checked.history.effects.filter(
    ({ node, what }) => node === poisonNode && what === 'started',
  ).length
  const code = record?.error?.code
  return {
    checked,
    crashes,
    demands: [
      { what: `at most ${mostCrashes} crashes, not ${crashes}`, holds: crashes <= mostCrashes },
      { what: `NODE_POISONED, not ${code}`, holds: code === 'NODE_POISONED' },
      {
        what: 'the error names the node',
        holds: record?.error?.message.includes(poisonNode) ?? false,
      },
      { what: 'the run has failed', holds: (await run.get()).status === 'failed' },
    ],
  }
}

/** Notes when a worker ended: its body is to blame from its start on. */
async function noteCrash(project: FaultProject, { name }: WorkerProcess): Promise<void> {
  const to = Date.now()
  const started = (await project.effects()).findLast(
    ({ node, worker }) => node === poisonNode && worker === name,
  )
  project.excuse({ kind: 'kill', worker: name, from: started?.at ?? to, to })
}

/** One job that kills its worker among thirty that do not. */
async function bare(context: RowContext): Promise<BareResult> {
  const { lease, checkEvery } = brisk
  const fleet = await openBareFleet(context, {
    concurrency: 8,
    lockDuration: lease,
    stalledInterval: checkEvery,
  })
  await fleet.add({ does: 'crash' })
  await fleet.add({ does: 'wait', time: 500 }, 30)
  const over = new AbortController()
  let crashes = 0
  const replacing = Array.from({ length: crew }, async () =>
    keepWorking(
      async () => fleet.work(),
      over.signal,
      () => {
        crashes += 1
      },
    ),
  )
  const result = await fleet.result(1, 'the same lease (lock 3 s, stalled check 1 s)', 60_000)
  over.abort()
  await Promise.all(replacing)
  // The guilty one fails with good reason.
  const innocent = Math.max(0, result.failedByInfrastructure - 1)
  return { ...result, failedByInfrastructure: innocent, note: `${result.note}, ${crashes} crashes` }
}
