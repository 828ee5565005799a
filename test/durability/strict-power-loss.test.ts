import type { RunHandle } from '@pipewright/engine/client'
import { keys } from '@pipewright/engine/internal'
import { expect, it, type TestContext } from 'vitest'

import { PowerLossUnavailable } from '../faults/power-loss/build-shim.ts'
import {
  startPowerLossRedis,
  type PowerLossOptions,
  type PowerLossRedis,
} from '../faults/power-loss/power-loss-redis.ts'
import { until } from '../support/projects.ts'
import { shape, workbench, type Workbench } from '../support/workbench.ts'

const pair = shape('pair', { first: [], second: ['first'] })
/** Callers that enqueue at the same time. */
const callers = 24

async function start(
  context: TestContext,
  sync: Exclude<PowerLossOptions['sync'], undefined>,
): Promise<PowerLossRedis> {
  try {
    const redis = await startPowerLossRedis({ sync })
    context.onTestFinished(async () => redis.stop())
    return redis
  } catch (error) {
    if (error instanceof PowerLossUnavailable) return context.skip(error.message)
    throw error
  }
}

/** What callers were told before the power went. */
interface Told {
  readonly enqueued: Map<string, RunHandle>
  readonly ended: Set<string>
}

/** Enqueues and waits for ends until the power has gone. */
async function call(
  client: Workbench['client'],
  told: Told,
  power: { readonly gone: boolean },
): Promise<void> {
  while (!power.gone) {
    try {
      const run = await client.enqueue(pair.pipeline)
      told.enqueued.set(run.id, run)
      await run.wait({ timeout: 15_000 })
      told.ended.add(run.id)
    } catch {
      // It was not told: whatever became of it is right.
      return
    }
  }
}

/** Cuts the power under load, `losses` times, and says what of all that callers were told is gone. */
async function cutUnderLoad(
  redis: PowerLossRedis,
  bench: Workbench,
  losses: number,
): Promise<{ told: Told; runsGone: number; endsGone: number }> {
  const told: Told = { enqueued: new Map(), ended: new Set() }
  let [runsGone, endsGone] = [0, 0]
  for (let loss = 0; loss < losses; loss += 1) {
    const before = told.ended.size
    const power = { gone: false }
    const calls = Array.from({ length: callers }, async () => call(bench.client, told, power))
    await until('more runs to have ended', async () => told.ended.size > before + callers / 2)
    await redis.losePower()
    power.gone = true
    const [enqueued, ended] = [[...told.enqueued.keys()], [...told.ended]]
    await redis.restart()
    await until('Redis to be back', async () => (await bench.redis.ping()) === 'PONG')
    for (const id of enqueued) {
      if ((await bench.redis.exists(keys.run(bench.prefix, id))) === 1) continue
      runsGone += 1
      told.enqueued.delete(id)
    }
    for (const id of ended) {
      const status = await bench.redis.hget(keys.run(bench.prefix, id), 'status')
      if (status !== 'succeeded') endsGone += 1
    }
    await Promise.all(calls)
  }
  return { told, runsGone, endsGone }
}

it('without strict a loss of power takes runs that callers were told of, and the trial sees it', async (context) => {
  const redis = await start(context, 'everysec')
  const bench = await workbench({ pipelines: [pair.pipeline], url: redis.url })
  await bench.work()
  const { runsGone } = await cutUnderLoad(redis, bench, 2)
  expect(runsGone).toBeGreaterThan(0)
})

it.for(['everysec', 'always'] as const)(
  'with strict a loss of power takes nothing that callers were told, on appendfsync %s, and nothing is stuck',
  async (sync, context) => {
    const redis = await start(context, sync)
    const url = redis.url
    const bench = await workbench({ pipelines: [pair.pipeline], url, durability: 'strict' })
    await bench.work({ durability: 'strict', concurrency: callers, lease: 2000, checkEvery: 500 })
    const { told, runsGone, endsGone } = await cutUnderLoad(redis, bench, 1)
    expect({ runsGone, endsGone }).toEqual({ runsGone: 0, endsGone: 0 })
    expect(told.ended.size).toBeGreaterThan(callers / 2)
    const ends = [...told.enqueued.values()].map(async (run) => run.wait({ timeout: 40_000 }))
    expect(new Set((await Promise.all(ends)).map(({ status }) => status))).toEqual(
      new Set(['succeeded']),
    )
  },
)
