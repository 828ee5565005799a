import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'

import type { ProjectWorkerOptions } from '../../support/projects.ts'
import { openBareFleet } from '../bare/fleet.ts'
import type { History } from '../checker/history.ts'
import { delayed, retryDelay } from '../fixture/pipelines/delayed.ts'
import { openFaultProject, type FaultProject } from '../project.ts'
import { scaled } from '../random.ts'
import { resultOf, type Demand } from '../result.ts'
import type { BareResult, FaultRow, RowContext } from '../row.ts'
import { until } from '../until.ts'

const hour = 3_600_000
/** Milliseconds by which the delay of a retry may be off. */
const tolerance = 1000
/** Long enough for the offset to be read everywhere. */
const settling = 150

/** Clocks of workers that are wrong at their start, or jump while they work. */
export const row: FaultRow = {
  row: 'F14',
  fault: 'clock of a worker an hour ahead or behind, and one that jumps in mid-run',
  expected:
    'start refused; delays of retries right within 1 s, no negative durations, no lost notes',
  async run(context) {
    const project = await openFaultProject(context, { worker: { concurrency: 8 } })
    const refused = await Promise.all(
      [hour, -hour].map(async (offset) => wrongFromTheStart(project, offset)),
    )
    await project.work(await clockOf(project, 'jumping', 0))
    const rounds = context.short ? 1 : scaled(5, context.scale)
    for (let round = 0; round < rounds; round += 1) {
      for (const offset of [hour, -hour, 0]) await jump(project, offset)
    }
    await project.ended(60_000)
    const checked = await project.check()
    const { history } = checked
    const delays = delaysOf(history)
    const [shortest, longest] = [Math.min(...delays), Math.max(...delays)]
    const negative = history.runs.flatMap(({ records }) =>
      records.filter(({ startedAt, endedAt }) => endedAt < startedAt),
    )
    const told = history.events.filter(
      ({ type, node }) => type === 'node_started' && node === 'held',
    )
    const runs = history.runs.length
    return resultOf('F14', 2 + runs, [checked], {
      demands: [
        ...refused,
        { what: `no retry too soon: ${shortest} ms`, holds: shortest >= retryDelay - 50 },
        {
          what: `no retry too late: ${longest} ms`,
          holds: context.short || longest <= retryDelay + tolerance,
        },
        { what: `no negative duration, not ${negative.length}`, holds: negative.length === 0 },
        { what: `${runs} notes of starts, not ${told.length}`, holds: told.length === runs },
      ],
      notes: [
        `${runs} jumps by an hour or two; retries after ${shortest} to ${longest} ms where ${retryDelay} ms were asked for.`,
      ],
      bare: context.scale >= 0.2 ? await bare(context) : null,
    })
  },
}

/** A worker that is started with a wrong clock says so and ends. */
async function wrongFromTheStart(project: FaultProject, offset: number): Promise<Demand> {
  const options = await clockOf(project, `wrong${offset}`, offset)
  const refusal = await project.work(options).then(
    () => 'it started',
    (error: unknown) => String(error),
  )
  return {
    what: `a clock ${offset / hour} h off is refused with CLOCK_SKEW: ${refusal.slice(0, 200)}`,
    holds: refusal.includes('CLOCK_SKEW'),
  }
}

/** The clock jumps while a retry waits and a body runs, both of which began before. */
async function jump(project: FaultProject, offset: number): Promise<void> {
  const run = await project.enqueue(delayed)
  await until('the failure and the long body', async () => {
    const own = (await project.effects()).filter((effect) => effect.run === run.id)
    return (
      own.some(({ node, what }) => node === 'again' && what === 'failed') &&
      own.some(({ node, what }) => node === 'held' && what === 'started')
    )
  })
  await setClock(project.root, 'jumping', offset)
  await wait(settling)
  await run.wait({ timeout: 60_000 }).catch(() => undefined)
}

/** Milliseconds from each failure to the start of the next attempt, by the real clock. */
function delaysOf({ effects }: History): readonly number[] {
  const own = effects.filter(({ node }) => node === 'again')
  return own.flatMap((failure) => {
    if (failure.what !== 'failed') return []
    const next = own.find(
      ({ run, what, attempt }) =>
        run === failure.run && what === 'started' && attempt === failure.attempt + 1,
    )
    return next === undefined ? [] : [next.at - failure.at]
  })
}

/** What gives a worker a clock of its own. */
async function clockOf(
  { root }: { readonly root: string },
  name: string,
  offset: number,
): Promise<Required<Pick<ProjectWorkerOptions, 'execArgv' | 'env'>>> {
  const file = await setClock(root, name, offset)
  const preload = join(import.meta.dirname, '..', 'fixture', 'shifted-clock.ts')
  return {
    execArgv: [`--import=${pathToFileURL(preload).href}`],
    env: { PIPEWRIGHT_FAULT_CLOCK: file },
  }
}

async function setClock(root: string, name: string, offset: number): Promise<string> {
  const file = join(root, `clock-${name}`)
  await writeFile(file, String(offset))
  return file
}

/** A delayed job of plain BullMQ whose worker is an hour ahead. */
async function bare(context: RowContext): Promise<BareResult> {
  const fleet = await openBareFleet(context)
  await fleet.work(await clockOf(fleet, 'ahead', hour))
  const added = Date.now()
  await fleet.add({ does: 'wait', time: 10 }, 1, 10 * 60_000)
  const started = await until('the delayed job', async () => (await fleet.effects())[0], 20_000)
    .then(({ at }) => `started after ${((at - added) / 1000).toFixed(1)} s`)
    .catch(() => 'waits')
  return fleet.result(1, `a worker 1 h ahead: a job that is to wait for 10 min ${started}`, 1000)
}
