import { shortLease } from '../../support/projects.ts'
import type { WorkerProcess } from '../../support/worker-process.ts'
import { brief } from '../fixture/pipelines/brief.ts'
import { openFaultProject, type FaultProject } from '../project.ts'
import { scaled } from '../random.ts'
import { resultOf, type Demand } from '../result.ts'
import type { FaultRow } from '../row.ts'
import { until } from '../until.ts'
import { isFrozen } from './f03/process-state.ts'

const second = 1000
/** What happens to the three schedulers of a round, each at the first slot that it fires. */
const strokes = ['client.submitting=kill', 'client.submitted=kill', 'client.submitting=freeze']

/** Schedulers that die or freeze between the decision about a slot and the end of its enqueue. */
export const row: FaultRow = {
  row: 'F19',
  fault:
    'three schedulers at once, each killed or frozen when it fires, before and after Redis has the run; the frozen one woken up',
  expected: 'each slot has exactly one run',
  async run(context) {
    const project = await openFaultProject(context, {
      worker: { ...shortLease, env: { PIPEWRIGHT_FAULT_PACE: '5' } },
    })
    const rounds = context.short ? 1 : scaled(20, context.scale, 2)
    const fired: (readonly number[])[] = []
    for (let done = 0; done < rounds; done += 1) {
      fired.push(await round(project, `round-${done}`))
      context.say(`${done + 1} of ${rounds} rounds`)
    }
    const ends = rounds * strokes.length
    const runs = fired.flat().length
    return resultOf('F19', ends, [await project.check()], {
      demands: fired.flatMap((slots) => demandsOf(slots)),
      notes: [`${ends} schedulers killed or frozen while they fired: ${runs} slots, ${runs} runs.`],
    })
  },
}

/**
 * Three schedulers that do not survive the first slot that they fire, and one that finds what they left.
 *
 * @returns the slots of all runs, in order
 */
async function round(project: FaultProject, name: string): Promise<readonly number[]> {
  const { schedules } = project.client
  const victims = await Promise.all(
    strokes.map(async (stroke) => {
      const worker = await project.work({ env: { PIPEWRIGHT_CRASH_POINTS: stroke } })
      return { worker, isKilled: stroke.endsWith('kill') }
    }),
  )
  const from = Date.now()
  await schedules.put(name, { pipeline: brief.name, every: '1s', overlap: 'allow' })
  const ended = new Set<WorkerProcess>()
  for (const { worker } of victims) void worker.ended.then(() => ended.add(worker))
  await until('the schedulers to be gone', async () => {
    const gone = await Promise.all(
      victims.map(async ({ worker, isKilled }) =>
        isKilled ? ended.has(worker) : isFrozen(worker.pid),
      ),
    )
    return gone.every(Boolean)
  })
  const heir = await project.work()
  const before = (await slotsOf(project, name)).length
  await until('later slots', async () => (await slotsOf(project, name)).length > before + 1)
  for (const { worker, isKilled } of victims) {
    const kind = isKilled ? 'kill' : 'freeze'
    project.excuse({ kind, worker: worker.name, from, to: Date.now() })
    if (isKilled) continue
    // What it was about to send, it sends now.
    worker.signal('SIGCONT')
    await project.drain(worker)
  }
  await schedules.pause(name)
  await until('the last runs to end', async () => {
    const all = await schedules.list()
    return all.find((each) => each.name === name)?.running.length === 0
  })
  await project.drain(heir)
  return slotsOf(project, name)
}

/** The slots of all runs, in order. From here on none of these runs must be lost. */
async function slotsOf(project: FaultProject, name: string): Promise<readonly number[]> {
  const slots: number[] = []
  const tags = { 'pipewright.schedule': name }
  let cursor: string | undefined
  do {
    const page = await project.client.runs.list({ tags, limit: 1000 }, cursor)
    for (const {
      id,
      tags: { 'pipewright.slot': slot = '' },
    } of page.runs) {
      project.acknowledge(await project.client.run(id))
      slots.push(Date.parse(slot))
    }
    cursor = page.cursor
  } while (cursor !== undefined)
  return slots.toSorted((a, b) => a - b)
}

function demandsOf(slots: readonly number[]): readonly Demand[] {
  const twice = slots.filter((slot, at) => slot === slots[at - 1])
  const after = slots.filter((slot, at) => at > 0 && slot > (slots[at - 1] ?? slot) + second)
  return [
    { what: `each slot has one run, not two: ${twice.join()}`, holds: twice.length === 0 },
    { what: `each slot has a run: none just before ${after.join()}`, holds: after.length === 0 },
    { what: `slots follow on the strokes: ${slots.length}`, holds: slots.length > 2 },
  ]
}
