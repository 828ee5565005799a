import { PipewrightError } from '@pipewright/engine'

import { slowLoading, troubles } from '../../durability/redis-trouble/trouble.ts'
import { redisProxy } from '../../support/redis-proxy.ts'
import { startFaultAdapter, type FaultAdapter } from '../adapter.ts'
import { brief } from '../fixture/pipelines/brief.ts'
import { openFaultProject, type Checked, type FaultProject } from '../project.ts'
import { scaled } from '../random.ts'
import { mostLinesInASecond } from '../redis/log-lines.ts'
import { adminOf, ownRedis } from '../redis/own-redis.ts'
import { endDuring, type Spell } from '../redis/spell.ts'
import { finishedAgain } from '../redis/starts.ts'
import { resultOf, type Demand } from '../result.ts'
import type { FaultRow, RowContext } from '../row.ts'
import { diskFull } from './f11/disk-full.ts'

/** Milliseconds from the end of the trouble to the next body. */
const longestRecovery = 5000
const mostLines = 10

/** Codes of the troubles of this row; the others have rows of their own. */
const own: ReadonlySet<string | undefined> = new Set([
  'REDIS_NO_REPLICAS',
  'REDIS_OUT_OF_MEMORY',
  'REDIS_NOT_PERSISTING',
  'REDIS_BUSY',
  'REDIS_LOADING',
])
const refusals = troubles.filter(({ code, name }) => own.has(code) || name.includes('NOSCRIPT'))

/** A Redis that answers every write with an error, while bodies end. */
export const row: FaultRow = {
  row: 'F11',
  fault: 'NOREPLICAS, OOM, MISCONF, BUSY, LOADING, NOSCRIPT in mid-run; the disk of Redis full',
  expected:
    'an error with its code for callers, at most 10 log lines a second, work goes on within 5 s, no finished body again',
  async run(context) {
    const refused = await refusing(context)
    const full = context.short ? undefined : await diskFull(context)
    const recoveries = [...refused.recoveries, ...(full?.recoveries ?? [])]
    const outcomes = [refused.checked, ...(full?.checked === undefined ? [] : [full.checked])]
    const again = outcomes.reduce((sum, { history }) => sum + finishedAgain(history.effects), 0)
    const slowest = Math.max(...recoveries)
    return resultOf('F11', recoveries.length, outcomes, {
      recoveries,
      demands: [
        ...refused.demands,
        { what: `no finished body again, not ${again}`, holds: again === 0 },
        {
          what: `work goes on within 5 s, not ${slowest} ms`,
          holds: context.short || slowest <= longestRecovery,
        },
      ],
      notes: [...refused.notes, ...(full?.notes ?? [])],
    })
  },
}

interface Refused {
  readonly checked: Checked
  readonly recoveries: readonly number[]
  readonly demands: readonly Demand[]
  readonly notes: readonly string[]
}

async function refusing(context: RowContext): Promise<Refused> {
  const redis = await ownRedis(context, [...slowLoading])
  const proxy = await redisProxy(redis.url)
  context.cleanup(() => proxy.close())
  const place = { redis, proxy, admin: adminOf(context, redis.url) }
  const project = await openFaultProject(context, {
    url: proxy.url,
    worker: { lease: 30_000, checkEvery: 1000, concurrency: 4 },
  })
  const workers = await Promise.all([project.work(), project.work()])
  const adapter = context.short ? undefined : await startFaultAdapter(context, project)
  const told: Demand[] = []
  const recoveries: number[] = []
  const chosen = context.short ? oneOf(context) : refusals
  const rounds = context.short ? 1 : scaled(3, context.scale)
  for (let round = 0; round < rounds; round += 1) {
    for (const trouble of chosen) {
      const spell: Spell = {
        name: trouble.name,
        // Redis loads as long as it takes.
        lasts: trouble.code === 'REDIS_LOADING' ? 0 : context.short ? 500 : 3000,
        begin: async () => trouble.begin(place),
        meanwhile: async () => {
          const code = await codeOf(project)
          const what = `Redis ${trouble.name}: ${String(trouble.code)}, not ${String(code)}`
          told.push({ what, holds: code === trouble.code })
        },
        end: async () => trouble.end(place),
      }
      const recovery = await endDuring(context, project, spell, 6)
      recoveries.push(recovery)
      context.say(`Redis ${trouble.name}: went on after ${recovery} ms`)
    }
  }
  const recorded = await adapter?.recorded(60_000)
  const lines = linesOf(workers, adapter)
  return {
    checked: await project.check(adapter === undefined ? {} : { tracked: await adapter.tracked() }),
    recoveries,
    demands: [
      ...told,
      { what: 'MLflow has everything', holds: recorded !== false },
      { what: `at most ${mostLines} log lines a second, not ${lines}`, holds: lines <= mostLines },
    ],
    notes: [
      `${rounds} times each: Redis ${chosen.map(({ name }) => name).join(', ')}; at most ${lines} log lines in a second.`,
    ],
  }
}

/** One refusal in `npm test`, which the seed chooses. */
function oneOf({ random }: RowContext): typeof refusals {
  const at = Math.floor(random() * refusals.length)
  return refusals.slice(at, at + 1)
}

/** What a caller is told meanwhile. */
async function codeOf(project: FaultProject): Promise<string | undefined> {
  try {
    await project.enqueue(brief)
    return undefined
  } catch (error) {
    return error instanceof PipewrightError ? error.code : String(error)
  }
}

function linesOf(
  workers: readonly { readonly log: readonly string[] }[],
  adapter: FaultAdapter | undefined,
): number {
  const logs = [...workers.map(({ log }) => log), ...(adapter === undefined ? [] : [adapter.lines])]
  return Math.max(...logs.map(mostLinesInASecond))
}
