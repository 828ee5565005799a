import { keys } from '@pipewright/engine/internal'

import { openFaultProject, type FaultProject } from '../project.ts'
import { between, scaled } from '../random.ts'
import { resultOf, type Demand } from '../result.ts'
import type { FaultRow, RowContext } from '../row.ts'
import { runClient, type ClientEnd } from './f20/client-process.ts'
import { keyed } from './f20/keyed.ts'

const points = ['client.submitting', 'client.submitted'] as const

/** Clients that die between sending a run and telling of it, several at once with the same keys, and are started again. */
export const row: FaultRow = {
  row: 'F20',
  fault: 'clients killed before a run is sent or before its reply is read, and started again',
  expected: 'exactly one run for each idempotency key',
  async run(context) {
    const project = await openFaultProject(context, {
      worker: { concurrency: 8, env: { PIPEWRIGHT_FAULT_PACE: '5' } },
    })
    const worker = project.work()
    const names = Array.from({ length: scaled(100, context.scale, 4) }, (_, at) => `key-${at}`)
    const rounds = context.short ? 1 : scaled(20, context.scale, 3)
    const ends: ClientEnd[] = []
    for (let round = 0; round < rounds; round += 1)
      ends.push(...(await killedClients(context, project, names)))
    // Those that were started again.
    ends.push(...(await Promise.all(names.slice(0, 2).map(() => again(context, project, names)))))
    // A run is nobody's unless it is the one that its key names.
    for (const key of names) await project.enqueue(keyed, { key })
    await worker
    const runs = await countRuns(project)
    await project.ended(120_000)
    const kills = ends.filter(({ killed }) => killed).length
    return resultOf('F20', kills, [await project.check()], {
      demands: demandsOf(project, names, ends, runs, rounds * points.length),
      notes: [
        `${kills} clients killed, two at once, over ${names.length} keys: ${runs} runs, told ${ends.flatMap(({ told }) => told).length} times.`,
      ],
    })
  },
}

/** A client killed at each of the points, both at once, at any of the keys. */
async function killedClients(
  context: RowContext,
  project: FaultProject,
  names: readonly string[],
): Promise<readonly ClientEnd[]> {
  return Promise.all(
    points.map(async (point) => {
      const passage = between(context.random, 1, names.length)
      return runClient(context, project, names, `${point}:${passage}=kill`)
    }),
  )
}

async function again(
  context: RowContext,
  project: FaultProject,
  names: readonly string[],
): Promise<ClientEnd> {
  return runClient(context, project, names, '')
}

/** All runs that the ledger has. */
async function countRuns({ redis, prefix }: FaultProject): Promise<number> {
  const ids = await Promise.all(
    [keys.activeRuns, keys.finishedRuns].map(async (key) => redis.zrevrange(key(prefix), 0, -1)),
  )
  return new Set(ids.flat()).size
}

function demandsOf(
  { runs: enqueued }: FaultProject,
  names: readonly string[],
  ends: readonly ClientEnd[],
  runs: number,
  kills: number,
): readonly Demand[] {
  const told = Map.groupBy(
    ends.flatMap(({ told: each }) => each),
    ([key]) => key,
  )
  const torn = names.filter((key, at) =>
    (told.get(key) ?? []).some(([, run]) => run !== enqueued[at]?.id),
  )
  const killed = ends.filter((end) => end.killed).length
  return [
    { what: `${kills} clients killed, not ${killed}`, holds: killed === kills },
    { what: `one run for each key, not ${runs} for ${names.length}`, holds: runs === names.length },
    { what: `each key names one run; not ${torn.join()}`, holds: torn.length === 0 },
    { what: 'every key was told', holds: names.every((key) => told.has(key)) },
  ]
}
