import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import type { Pipeline } from '@pipewright/engine'
import type { RunHandle } from '@pipewright/engine/client'

import { makeCheckout } from '../../support/checkout.ts'
import { shortLease } from '../../support/projects.ts'
import type { WorkerProcess } from '../../support/worker-process.ts'
import { journalFile } from '../fixture/journal.ts'
import { smallShapes } from '../fixture/pipelines/shapes.ts'
import { gates } from '../fixture/setting.ts'
import { openFaultProject, type Checked, type FaultProject } from '../project.ts'
import { scaled } from '../random.ts'
import { resultOf, type Demand } from '../result.ts'
import type { FaultRow, RowContext } from '../row.ts'
import { after, onlyAfter } from './f21/after.ts'
import { before, onlyBefore } from './f21/before.ts'
import { previousVersion } from './f21/previous-version.ts'

/** Workers of a fleet. */
const size = 3

/** A fleet is replaced worker by worker while runs of both versions are under way, and then the other way round. */
export const row: FaultRow = {
  row: 'F21',
  fault:
    'workers replaced one by one by those of the next version, of the project or of Pipewright itself, and back, some killed',
  expected: 'runs in flight finish, nothing lost; a node runs only where its code is',
  async run(context) {
    const rounds = context.short ? 1 : scaled(10, context.scale, 1)
    const outcomes: Rolled[] = []
    for (let round = 0; round < rounds; round += 1) {
      context.say(`the project, round ${round + 1} of ${rounds}`)
      outcomes.push(await projectUpgrade(context))
    }
    const own = context.short ? undefined : await ownUpgrade(context)
    if (own !== undefined) outcomes.push(own.rolled)
    return resultOf(
      'F21',
      outcomes.reduce((sum, { replaced }) => sum + replaced, 0),
      outcomes.map(({ checked }) => checked),
      {
        demands: outcomes.flatMap(({ demands }) => demands),
        notes: [
          `${rounds} times there and back with ${size} workers, each third one killed; ${outcomes.reduce((sum, { runs }) => sum + runs, 0)} runs.`,
          own === undefined
            ? 'Pipewright itself was not replaced: no history at hand.'
            : `Pipewright itself: commit ${own.commit.slice(0, 12)} and this one.`,
        ],
        bare: null,
      },
    )
  },
}

interface Rolled {
  readonly checked: Checked
  readonly demands: readonly Demand[]
  /** Workers that were replaced. */
  readonly replaced: number
  readonly runs: number
}

/** Starts a worker of a version. */
type Start = () => Promise<WorkerProcess>

/** Replaces workers one by one, and enqueues in between. The last but one of three is killed, the others drain. */
async function roll(
  project: FaultProject,
  fleet: readonly WorkerProcess[],
  start: Start,
  enqueue: () => Promise<void>,
): Promise<readonly WorkerProcess[]> {
  const fresh: WorkerProcess[] = []
  for (const [at, worker] of fleet.entries()) {
    fresh.push(await start())
    await enqueue()
    if (at === fleet.length - 2) await project.kill(worker)
    else await project.drain(worker)
  }
  return fresh
}

async function startFleet(start: Start): Promise<readonly WorkerProcess[]> {
  return Promise.all(Array.from({ length: size }, async () => start()))
}

/** The project goes from one version to the next and back. One worker of the other version stays until its runs have ended. */
async function projectUpgrade(context: RowContext): Promise<Rolled> {
  const project = await openFaultProject(context, {
    worker: { ...shortLease, concurrency: 4, drain: 200, env: { PIPEWRIGHT_FAULT_PACE: '50' } },
  })
  await writeFile(join(project.root, journalFile), '')
  const starts = {
    before: await starter(context, project, 'before'),
    after: await starter(context, project, 'after'),
  }
  const runs = new Map<RunHandle, readonly string[]>()
  const enqueue = async (pipelines: readonly Pipeline[], own: readonly string[]): Promise<void> => {
    for (const pipeline of pipelines) runs.set(await project.enqueue(pipeline), own)
  }
  const both = async (): Promise<void> => {
    await enqueue(before, onlyBefore)
    await enqueue(after, onlyAfter)
  }
  await enqueue(before, onlyBefore)
  const old = await startFleet(starts.before)
  const upgraded = await roll(project, old, starts.after, both)
  const rest = await starts.before()
  const back = await roll(project, upgraded, starts.before, both)
  await project.kill(rest)
  await starts.after()
  const ended = await project.ended(120_000)
  const checked = await project.check()
  return {
    checked,
    replaced: old.length + upgraded.length + 1,
    runs: runs.size,
    demands: [
      { what: 'all runs end', holds: ended },
      { what: `${back.length} workers of the first version are back`, holds: back.length === size },
      ...demandsOf(checked, runs),
    ],
  }
}

/** What only one version has ran in workers of that version. */
function demandsOf(
  { history }: Checked,
  runs: ReadonlyMap<RunHandle, readonly string[]>,
): readonly Demand[] {
  const owns = new Map([...runs].map(([{ id }, own]) => [id, own]))
  const wrong = history.effects.filter(({ run, node, what, worker }) => {
    const own = owns.get(run)
    const pipeline = history.runs.find(({ id }) => id === run)?.pipeline
    if (what !== 'started' || own?.includes(`${pipeline}/${node}`) !== true) return false
    return !worker.startsWith(own === onlyBefore ? 'before' : 'after')
  })
  const [first] = wrong
  const named = first === undefined ? '' : `: ${first.node} in ${first.worker}`
  return [{ what: `a node runs only where its code is${named}`, holds: wrong.length === 0 }]
}

async function starter(
  context: RowContext,
  project: FaultProject,
  version: 'before' | 'after',
): Promise<Start> {
  const checkout = await makeCheckout({
    files: {
      'faults/fixture': 'faults/fixture',
      'faults/rows/f21': 'faults/rows/f21',
    },
    config: [
      `import { defineProject } from '@pipewright/engine'`,
      `import { ${version} } from './faults/rows/f21/${version}.ts'`,
      `export default defineProject({ pipelines: ${version} })`,
      '',
    ].join('\n'),
    project: project.root,
    shared: [gates, journalFile],
  })
  context.cleanup(async () => checkout.remove())
  let started = 0
  return async () => {
    started += 1
    return project.work({ name: `${version}-${started}` }, checkout.root)
  }
}

/** Pipewright itself goes from its previous version to this one and back, under load of one project. */
async function ownUpgrade(
  context: RowContext,
): Promise<{ readonly rolled: Rolled; readonly commit: string } | undefined> {
  const previous = await previousVersion()
  if (previous === undefined) return undefined
  context.cleanup(async () => previous.remove())
  const { program, commit } = previous
  context.say(`Pipewright itself, from ${commit.slice(0, 12)}`)
  const project = await openFaultProject(context, {
    worker: { ...shortLease, concurrency: 8, drain: 200 },
  })
  const enqueue = async (): Promise<void> => {
    for (let times = 0; times < 3; times += 1)
      for (const pipeline of smallShapes) await project.enqueue(pipeline)
  }
  await enqueue()
  const old = await startFleet(async () => project.work({ program }))
  const upgraded = await roll(project, old, async () => project.work(), enqueue)
  const back = await roll(project, upgraded, async () => project.work({ program }), enqueue)
  await roll(project, back, async () => project.work(), enqueue)
  const ended = await project.ended(180_000)
  return {
    commit,
    rolled: {
      checked: await project.check(),
      replaced: old.length + upgraded.length + back.length,
      runs: project.runs.length,
      demands: [{ what: 'all runs end, Pipewright replaced', holds: ended }],
    },
  }
}
