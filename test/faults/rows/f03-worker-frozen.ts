import { keys } from '@pipewright/engine/internal'

import { shortLease } from '../../support/projects.ts'
import type { WorkerProcess } from '../../support/worker-process.ts'
import { openBareFleet } from '../bare/fleet.ts'
import { gate, gated } from '../fixture/pipelines/gated.ts'
import { openFaultProject, type Checked, type FaultProject } from '../project.ts'
import { scaled } from '../random.ts'
import { resultOf, type Demand } from '../result.ts'
import type { BareResult, FaultRow, RowContext } from '../row.ts'
import { until } from '../until.ts'
import { isFrozen } from './f03/process-state.ts'

const { lease, checkEvery } = shortLease
/** Zombies that are made at once. */
const batch = 4

/** Workers that are frozen past their lease and wake up when another one has started their node again. */
export const row: FaultRow = {
  row: 'F3',
  fault:
    'workers frozen with SIGSTOP past their lease, in a body or before its commit, and woken up',
  expected: 'late commits refused, their outputs never visible, their bodies aborted',
  async run(context) {
    const trials = context.short ? 1 : scaled(20, context.scale, batch)
    const outcomes: Zombies[] = []
    for (let done = 0; done < trials; done += batch) {
      const count = Math.min(batch, trials - done)
      // Side by side only where there are few: many processes that start at once would lose their leases.
      const inBodies = context.short ? midBody(context, count) : undefined
      outcomes.push(await late(context, count), await (inBodies ?? midBody(context, count)))
    }
    const refused = outcomes.reduce((sum, each) => sum + each.refused, 0)
    return resultOf(
      'F3',
      trials * 2,
      outcomes.map(({ checked }) => checked),
      {
        demands: outcomes.flatMap(({ demands }) => demands),
        notes: [
          `${refused} of ${trials} late commits refused, ${trials} bodies aborted; lease ${lease} ms, checked each ${checkEvery} ms.`,
        ],
        bare: context.short ? null : await bare(context),
      },
    )
  },
}

interface Zombies {
  readonly checked: Checked
  readonly demands: readonly Demand[]
  /** Late commits that were refused. */
  readonly refused: number
}

/** Workers that freeze when a body has ended and its commit is about to be sent. */
async function late(context: RowContext, count: number): Promise<Zombies> {
  const project = await openFaultProject(context, { worker: { lease, checkEvery } })
  const env = { PIPEWRIGHT_CRASH_POINTS: 'worker.committing=freeze' }
  const zombies = await Promise.all(
    Array.from({ length: count }, async () => project.work({ concurrency: 1, env })),
  )
  for (let run = 0; run < count; run += 1) await project.enqueue(gated)
  const from = Date.now()
  await until('the workers to freeze', async () => {
    const states = await Promise.all(zombies.map(async ({ pid }) => isFrozen(pid)))
    return states.every(Boolean)
  })
  const heir = await project.work({ concurrency: batch })
  await startedIn(project, [heir.name], count, 'before')
  for (const zombie of zombies) {
    project.excuse({ kind: 'freeze', worker: zombie.name, from, to: Date.now() })
    zombie.signal('SIGCONT')
  }
  await project.open(gate)
  await project.ended(60_000)
  // What is refused must have been sent: a worker stops when all of its commits were answered.
  await Promise.all(zombies.map(async (zombie) => project.drain(zombie)))
  const checked = await project.check()
  const { runs } = checked.history
  const first = runs.map(({ records }) => records.find(({ node }) => node === 'before'))
  const refused = first.filter(
    (record) => record?.worker === heir.name && record.attempt === 2,
  ).length
  return {
    checked,
    refused,
    demands: [
      { what: `all ${count} late commits refused, not ${refused}`, holds: refused === count },
    ],
  }
}

/** Workers that freeze while a body runs. */
async function midBody(context: RowContext, count: number): Promise<Zombies> {
  const project = await openFaultProject(context, { worker: { lease, checkEvery } })
  const zombies = await Promise.all(
    Array.from({ length: count }, async () => project.work({ concurrency: 1 })),
  )
  for (let run = 0; run < count; run += 1) await project.enqueue(gated)
  const names = zombies.map(({ name }) => name)
  await startedIn(project, names, count, 'waiting')
  const thaws = zombies.map((zombie) => project.freeze(zombie))
  const heir = await project.work({ concurrency: batch })
  await startedIn(project, [heir.name], count, 'waiting')
  // Once the ledger has told of the heir's attempt, it must tell nothing of the zombie's any more.
  await until('the events of the heir', async () => (await startedEvents(project, heir)) >= count)
  for (const thaw of thaws) thaw()
  const aborted = await until(
    'the bodies of the zombies to be aborted',
    async () => {
      const effects = await project.effects()
      const each = effects.filter(
        ({ what, worker }) => what === 'aborted' && names.includes(worker),
      )
      return each.length === count
    },
    20_000,
  ).catch(() => false)
  await project.open(gate)
  await project.ended(60_000)
  return {
    checked: await project.check(),
    refused: 0,
    demands: [{ what: `all ${count} bodies of the zombies aborted`, holds: aborted }],
  }
}

async function startedEvents(
  { redis, prefix }: FaultProject,
  { name }: WorkerProcess,
): Promise<number> {
  const entries = await redis.xrange(keys.outbox(prefix), '-', '+')
  const texts = entries.map(([, fields]) => fields[1] ?? '')
  return texts.filter((text) => text.includes('"node_started"') && text.includes(`"${name}"`))
    .length
}

/** Waits until a node's body has started in so many runs in some workers. */
async function startedIn(
  project: FaultProject,
  workers: readonly string[],
  count: number,
  name: string,
): Promise<void> {
  await until(`${count} bodies of ${name} in ${workers.join(', ')}`, async () => {
    const effects = await project.effects()
    const own = effects.filter(
      ({ node, what, worker }) => node === name && what === 'started' && workers.includes(worker),
    )
    return own.length >= count
  })
}

/** A job whose worker is frozen past its lock, woken up, and then let end. */
async function bare(context: RowContext): Promise<BareResult> {
  const fleet = await openBareFleet(context, { lockDuration: lease, stalledInterval: checkEvery })
  const zombie = await fleet.work()
  await fleet.add({ does: 'gate', gate })
  await until('the job to wait', async () => (await fleet.effects()).length === 1)
  const from = Date.now()
  zombie.signal('SIGSTOP')
  await fleet.work()
  await until('the heir to take over', async () => (await fleet.effects()).length === 2)
  zombie.signal('SIGCONT')
  fleet.excuse({ kind: 'freeze', worker: zombie.name, from, to: Date.now() })
  await fleet.openGate(gate)
  await until('both bodies', async () => (await fleet.effects()).length === 4, 20_000).catch(
    () => undefined,
  )
  const ended = (await fleet.effects()).filter(({ what }) => what === 'ended').length
  const note = `the same lease (lock ${lease} ms, stalled check ${checkEvery} ms); the job's body ran to its end ${ended} times`
  // How soon another takes over depends on when it was started here.
  return { ...(await fleet.result(1, note, 30_000)), recoveryP95Ms: null }
}
