import { setTimeout as wait } from 'node:timers/promises'

import type { RunHandle } from '@pipewright/engine/client'
import { expect } from 'vitest'

import { stormPipelines } from '../system/fixture/pipelines/storm.ts'
import { readJournal, starts, type TestProject } from './projects.ts'
import type { WorkerProcess } from './worker-process.ts'

/** How hard it blows; times in milliseconds. */
export interface StormOptions {
  readonly runs: number
  readonly workers: number
  /** Between two kills. */
  readonly every: number
  /** No more kills than these. Default: none is the last. */
  readonly most?: number
  /** How long each body takes. */
  readonly pace: number
  /** The runs must have ended after so long. */
  readonly limit: number
}

/** What happened in a storm. */
export interface StormReport {
  readonly kills: number
  readonly nodes: number
  /** Losses that the ledger counted. */
  readonly losses: number
  /** Bodies that were started more than once. */
  readonly repeated: number
  readonly seconds: number
}

/** Milliseconds after which a worker that found nothing to do may be killed too. */
const idleLife = 3000

/** Runs the three shapes while workers are killed and replaced, and checks that nothing was lost or done twice. */
export async function storm(project: TestProject, options: StormOptions): Promise<StormReport> {
  const began = performance.now()
  const runs = await Promise.all(
    Array.from({ length: options.runs }, async (_, at) => {
      const pipeline = stormPipelines[at % stormPipelines.length]
      if (pipeline === undefined) throw new Error('the storm has no pipeline')
      return project.client.enqueue(pipeline)
    }),
  )
  const kills = await killUntilEnded(project, runs, options)
  const seconds = (performance.now() - began) / 1000
  const checked = await Promise.all(runs.map(async (run) => checkRun(project, run)))
  const sum = (of: (one: (typeof checked)[number]) => number): number =>
    checked.reduce((total, one) => total + of(one), 0)
  return {
    kills,
    nodes: sum(({ nodes }) => nodes),
    losses: sum(({ losses }) => losses),
    repeated: sum(({ repeated }) => repeated),
    seconds: Math.round(seconds),
  }
}

/** Kills the worker that has claimed for longest, and starts another. Returns how many were killed. */
async function killUntilEnded(
  project: TestProject,
  runs: readonly RunHandle[],
  { workers, every, most = Infinity, pace, limit }: StormOptions,
): Promise<number> {
  const claiming: Claiming[] = []
  const starting = new Set<Promise<unknown>>()
  const env = { PIPEWRIGHT_TEST_PACE: String(pace) }
  const start = (): void => {
    // Kills come faster here than the default budget of losses is meant for.
    const started = project
      .work({ lease: 1000, lossBudget: 1000, env })
      .then((worker) => claiming.push({ worker, since: performance.now() }))
    starting.add(started)
    void started.finally(() => starting.delete(started))
  }
  const ended = Promise.all(runs.map(async (run) => endOf(run, limit))).then(() => true)
  for (let count = 0; count < workers; count += 1) start()
  let kills = 0
  while (!(await Promise.race([ended, wait(every, false)]))) {
    const victim = claiming[0]
    if (victim === undefined || kills >= most || !(await hasWorked(project, victim))) continue
    claiming.shift()
    await victim.worker.kill()
    kills += 1
    start()
  }
  await Promise.all(starting)
  return kills
}

interface Claiming {
  readonly worker: WorkerProcess
  readonly since: number
}

/** On a busy machine a worker may need longer to begin than kills are apart: without this nothing would get done. */
async function hasWorked(project: TestProject, { worker, since }: Claiming): Promise<boolean> {
  if (performance.now() - since > idleLife) return true
  const journal = await readJournal(project.root)
  return journal.some(({ what, worker: name }) => what === 'ended' && name === worker.name)
}

/** Waits for the end; an error says how far the run came. */
async function endOf(run: RunHandle, timeout: number): Promise<void> {
  try {
    await run.wait({ timeout })
  } catch (cause) {
    const open = (await run.nodes()).filter(({ endedAt }) => endedAt === undefined)
    const first = open
      .slice(0, 3)
      .map(({ node, status, attempt }) => `${node} ${status} ${attempt}`)
    throw new Error(`run ${run.id}: ${open.length} nodes have not ended: ${first.join(', ')}`, {
      cause,
    })
  }
}

async function checkRun(
  project: TestProject,
  run: RunHandle,
): Promise<Pick<StormReport, 'nodes' | 'losses' | 'repeated'>> {
  const [{ status }, plan, events, journal] = await Promise.all([
    run.get(),
    run.plan(),
    project.events(run),
    project.journal(run),
  ])
  const errors = (await run.nodes()).flatMap(({ node, error }) => (error ? [[node, error]] : []))
  expect(errors).toEqual([])
  expect(status).toBe('succeeded')
  const names = plan.nodes.map(({ name }) => name)
  const finished = events.flatMap((event) =>
    event.type === 'node_finished' ? [`${event.node} ${event.status}`] : [],
  )
  expect(finished.toSorted(), 'one end a node').toEqual(
    names.map((name) => `${name} succeeded`).toSorted(),
  )
  expect(events.filter(({ type }) => type === 'run_finished')).toHaveLength(1)
  expect(events.at(-1)?.type).toBe('run_finished')
  expect(events.filter(({ type }) => type === 'node_retrying')).toEqual([])

  const lost: Record<string, number> = {}
  for (const event of events) {
    if (event.type === 'node_lost') lost[event.node] = (lost[event.node] ?? 0) + 1
  }
  const started = starts(journal)
  const unexcused = names.filter((name) => (started[name] ?? 0) > 1 + (lost[name] ?? 0))
  expect(unexcused, 'bodies run again although no worker was lost').toEqual([])
  expect(names.filter((name) => started[name] === undefined)).toEqual([])
  await checkCounts(run)
  return {
    nodes: names.length,
    losses: Object.values(lost).reduce((sum, count) => sum + count, 0),
    repeated: names.filter((name) => (started[name] ?? 0) > 1).length,
  }
}

/** Every result is there and right: each node counts its inputs and one. */
async function checkCounts(run: RunHandle): Promise<void> {
  const { nodes } = await run.plan()
  const counts = new Map<string, number>()
  for (const { name, inputs } of nodes) {
    const sum = Object.values(inputs).reduce(
      (total, each) => total + (counts.get(each) ?? Number.NaN),
      0,
    )
    counts.set(`${name}_out`, sum + 1)
  }
  for (const [dataset, count] of counts) {
    const reference = await run.reference(dataset)
    expect(reference?.inline, `${dataset} of run ${run.id}`).toBe(JSON.stringify({ count }))
  }
}
