import { setTimeout as wait } from 'node:timers/promises'

import { brief } from '../fixture/pipelines/brief.ts'
import { openFaultProject } from '../project.ts'
import { between, p95, scaled } from '../random.ts'
import { Load } from '../redis/load.ts'
import { neverAcknowledged } from '../redis/never-acknowledged.ts'
import { nextStart } from '../redis/starts.ts'
import { resultOf } from '../result.ts'
import type { FaultRow } from '../row.ts'
import { bareFailover } from './f10/bare.ts'
import { failovers } from './f10/failovers.ts'
import { startTwoServers } from './f10/two-servers.ts'

const strict = { durability: 'strict', replicas: 1 } as const
/** Milliseconds from the promotion to the next body. */
const longestRecovery = 10_000

/** Primaries that end, freeze and come back too late, or refuse writes, under a load of strict enqueues. */
export const row: FaultRow = {
  row: 'F10',
  fault:
    'failover: the primary killed, or frozen and acknowledging again when it is no primary any more; READONLY for 10 s',
  expected:
    'with strict durability and one replica no acknowledged run lost; work goes on within 10 s',
  async run(context) {
    const servers = await startTwoServers(context)
    const project = await openFaultProject(context, {
      url: servers.url,
      durability: strict,
      worker: {
        ...strict,
        ...(context.short ? { lease: 3000, checkEvery: 500 } : {}),
        env: { PIPEWRIGHT_FAULT_PACE: '100' },
      },
    })
    await Promise.all([project.work(), project.work()])
    const load = new Load(project, {
      pipeline: brief,
      clients: 4,
      rest: context.short ? 20 : 100,
      durability: strict,
    })
    await load.start(context)
    const faults = Object.entries(failovers).slice(0, context.short ? 1 : undefined)
    const rounds = context.short ? 1 : scaled(5, context.scale)
    const recoveries: number[] = []
    for (let round = 0; round < rounds; round += 1) {
      for (const [name, fail] of faults) {
        await wait(between(context.random, 300, 1500))
        const from = Date.now()
        const back = await fail(servers, context)
        project.excuse({ kind: 'removal', from, to: Date.now() })
        const recovery = await nextStart(project, back)
        recoveries.push(recovery)
        context.say(`primary ${name}: went on after ${recovery} ms`)
      }
    }
    await load.stop()
    // what was refused as unconfirmed runs as well, each commit after a sync
    const told = [...load.refusals.values()].reduce((sum, each) => sum + each, 0)
    await project.ended(120_000 + told * 500)
    const never = await neverAcknowledged(project)
    project.forget(never)
    const checked = await project.check()
    const slowest = p95(recoveries) ?? Infinity
    return resultOf('F10', recoveries.length, [checked], {
      recoveries,
      demands: [
        {
          what: `work goes on within 10 s, not ${slowest} ms`,
          holds: context.short || slowest <= longestRecovery,
        },
      ],
      notes: [
        `Primary ${faults.map(([name]) => name).join(', ')}, ${rounds} times each; ${load.acknowledged.length} runs acknowledged; ${load.told}.`,
        `${never.size} runs that had begun went with the former primary, none of them acknowledged; ${checked.figures.starts - checked.figures.nodes} bodies ran again.`,
      ],
      bare: context.scale >= 0.2 ? await bareFailover(context) : null,
    })
  },
}
