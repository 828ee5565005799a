import { setTimeout as wait } from 'node:timers/promises'

import { shortLease } from '../../../support/projects.ts'
import type { WorkerProcess } from '../../../support/worker-process.ts'
import { startFaultAdapter } from '../../adapter.ts'
import { shapes, smallShapes } from '../../fixture/pipelines/shapes.ts'
import { openFaultProject, type Checked, type FaultProject } from '../../project.ts'
import { between, scaled } from '../../random.ts'
import type { RowContext } from '../../row.ts'

/** Of all workers of the storm, ours and bare ones. */
export const stormLease = { lease: 3000, checkEvery: 1000 } as const

/** How hard it blows; times in milliseconds. */
export interface Storm {
  readonly kills: number
  readonly nodes: number
  readonly workers: number
  readonly concurrency: number
  /** About how long each body takes. */
  readonly pace: number
}

/** What came of a storm. */
export interface StormOutcome {
  readonly kills: number
  readonly checked: Checked
  /** Workers and leases, for people. */
  readonly settings: string
  /** Everything was recorded in MLflow in time. */
  readonly recorded: boolean
}

/** The storm of a scale: 200 kills over 2,000 nodes at full scale. */
export function stormOf({ scale, short }: RowContext): Storm {
  return short
    ? { kills: 3, nodes: 40, workers: 2, concurrency: 4, pace: 120 }
    : {
        kills: scaled(200, scale, 5),
        nodes: scaled(2000, scale, 100),
        workers: 4,
        concurrency: 4,
        pace: 300,
      }
}

/** Runs pipelines of three shapes, recorded in MLflow, while workers are killed and replaced. */
export async function killStorm(context: RowContext, storm: Storm): Promise<StormOutcome> {
  const { concurrency, pace } = storm
  const lease = context.short ? shortLease : stormLease
  const project = await openFaultProject(context, {
    worker: { ...lease, concurrency, env: { PIPEWRIGHT_FAULT_PACE: String(pace) } },
  })
  const starting = startFaultAdapter(context, project)
  // It is waited for below; until then nobody would hear of an error.
  starting.catch(() => undefined)
  const workers = new Crew(project, storm.workers)
  await workers.complete()
  const kills = await killUntilEnough(context, project, workers, storm)
  context.say(`${kills} kills over; waiting for the runs to end`)
  await workers.ready()
  await project.ended(300_000)
  context.say('waiting for MLflow')
  const adapter = await starting
  const recorded = await adapter.recorded(context.short ? 30_000 : 600_000)
  const settings = `${storm.workers} workers, lease ${lease.lease} ms, checked each ${lease.checkEvery} ms`
  const checked = await project.check({ tracked: await adapter.tracked(), prune: true })
  return { kills, recorded, settings, checked }
}

/** Whether as much has begun as goes with one more kill: kills go on for as long as there is work. */
export function killIsDue(storm: Storm, kills: number, begun: number): boolean {
  return begun >= (kills * storm.nodes) / storm.kills
}

/** Keeps runs on their way until there were enough kills and nodes. Returns how many workers were killed. */
async function killUntilEnough(
  context: RowContext,
  project: FaultProject,
  workers: Crew,
  storm: Storm,
): Promise<number> {
  const pipelines = context.short ? smallShapes : shapes
  let nodes = 0
  let kills = 0
  const open = async (): Promise<number> => {
    const statuses = await Promise.all(project.runs.map(async (run) => (await run.get()).status))
    return statuses.filter((status) => status === 'running' || status === 'pending').length
  }
  while (!context.signal.aborted) {
    while ((nodes < storm.nodes || kills < storm.kills) && (await open()) < pipelines.length) {
      const pipeline = pipelines[project.runs.length % pipelines.length]
      if (pipeline === undefined) break
      nodes += pipeline.nodes.length
      await project.enqueue(pipeline)
    }
    if (kills >= storm.kills) break
    await wait(between(context.random, 50, context.short ? 250 : 600))
    const begun = new Set((await project.effects()).map(({ run, node }) => `${run}/${node}`))
    if (!killIsDue(storm, kills, begun.size)) continue
    if (!(await workers.killOne(context.random))) continue
    kills += 1
    if (kills % 20 === 0) context.say(`${kills} kills, ${project.runs.length} runs`)
  }
  return kills
}

/** As many workers as wanted: one that is killed is replaced. */
class Crew {
  readonly #project: FaultProject
  readonly #size: number
  readonly #workers: WorkerProcess[] = []
  #starting = 0
  #completed: Promise<unknown> = Promise.resolve()

  constructor(project: FaultProject, size: number) {
    this.#project = project
    this.#size = size
  }

  async complete(): Promise<void> {
    const missing = this.#size - this.#workers.length - this.#starting
    this.#starting += missing
    await Promise.all(
      Array.from({ length: missing }, async () => {
        this.#workers.push(await this.#project.work())
        this.#starting -= 1
      }),
    )
  }

  /** Waits until those that start have started. */
  async ready(): Promise<void> {
    await this.#completed
  }

  /** Kills one that has begun to work: else a busy machine would get nothing done. False when there is none. */
  async killOne(random: () => number): Promise<boolean> {
    const begun = new Set((await this.#project.effects()).map(({ worker }) => worker))
    const victims = this.#workers.filter(({ name }) => begun.has(name))
    const victim = victims[between(random, 0, victims.length - 1)]
    if (victim === undefined) return false
    this.#workers.splice(this.#workers.indexOf(victim), 1)
    await this.#project.kill(victim)
    this.#completed = Promise.all([this.#completed, this.complete()])
    return true
  }
}
