import { setTimeout as wait } from 'node:timers/promises'

import { PipewrightError } from '@pipewright/engine'
import type { RunHandle } from '@pipewright/engine/client'
import { keys } from '@pipewright/engine/internal'

import { brief } from '../fixture/pipelines/brief.ts'
import { shapes, smallShapes } from '../fixture/pipelines/shapes.ts'
import { openFaultProject, type Checked, type FaultProject } from '../project.ts'
import { between, scaled } from '../random.ts'
import { ownRedis } from '../redis/own-redis.ts'
import { resultOf, type Demand } from '../result.ts'
import type { FaultRow, RowContext } from '../row.ts'
import { until } from '../until.ts'
import { queueRemovals } from './f12/queue-removals.ts'

/** What operators take away: a queue of BullMQ, or everything; and a server that evicts. */
export const row: FaultRow = {
  row: 'F12',
  fault: 'a queue removed, FLUSHALL, an evicting policy',
  expected:
    'removed queues are filled again from the ledger, flushed runs are unknown and never shown as done, start refused',
  async run(context) {
    const [policy, removed] = await Promise.all([evicting(context), queuesRemoved(context)])
    const flushed = await everythingFlushed(context)
    return resultOf(
      'F12',
      1 + removed.trials + flushed.trials,
      [removed.checked, flushed.checked],
      {
        demands: [policy, ...flushed.demands],
        notes: [...removed.notes, ...flushed.notes],
      },
    )
  },
}

interface Outcome {
  readonly trials: number
  readonly checked: Checked
  readonly demands: readonly Demand[]
  readonly notes: readonly string[]
}

/** A worker does not start on a server that evicts. */
async function evicting(context: RowContext): Promise<Demand> {
  const redis = await ownRedis(context, ['--maxmemory-policy', 'allkeys-lru'])
  const project = await openFaultProject(context, { url: redis.url })
  const refusal = await project.work().then(
    () => 'it started',
    (error: unknown) => String(error),
  )
  return {
    what: `a worker refuses a server that evicts, with REDIS_EVICTS: ${refusal.slice(0, 200)}`,
    holds: refusal.includes('REDIS_EVICTS'),
  }
}

/** Queues are removed under running runs, in each way that there is. */
async function queuesRemoved(context: RowContext): Promise<Outcome> {
  const redis = await ownRedis(context)
  const project = await busyProject(context, redis.url)
  const ways = Object.entries(queueRemovals)
  const first = between(context.random, 0, ways.length - 1)
  const chosen = context.short ? ways.slice(first, first + 1) : ways
  const rounds = context.short ? 1 : scaled(5, context.scale)
  for (let round = 0; round < rounds; round += 1) {
    for (const [, remove] of chosen) {
      for (const pipeline of context.short ? smallShapes : shapes) await project.enqueue(pipeline)
      await begun(project)
      const from = Date.now()
      await remove(project)
      // What runs without its job may be given to another worker when the reconciler finds no job; some that were claimed
      // before begin only now.
      project.excuse({ kind: 'removal', from, to: Date.now() + 10_000 })
      await project.ended(120_000)
    }
  }
  const checked = await project.check()
  const { starts, nodes } = checked.figures
  return {
    trials: rounds * chosen.length,
    checked,
    demands: [],
    notes: [
      `Queue removed by ${chosen.map(([name]) => name).join(', ')}, ${rounds} times each: all runs ended; ${starts - nodes} bodies in flight ran again.`,
    ],
  }
}

/** Everything goes while runs are under way. */
async function everythingFlushed(context: RowContext): Promise<Outcome> {
  const redis = await ownRedis(context)
  const project = await busyProject(context, redis.url)
  const trials = context.short ? 1 : scaled(5, context.scale)
  const demands: Demand[] = []
  for (let trial = 0; trial < trials; trial += 1) {
    const flushed: RunHandle[] = []
    for (const pipeline of smallShapes) flushed.push(await project.enqueue(pipeline))
    await begun(project)
    const before = new Set(project.runs.map(({ id }) => id))
    await project.redis.flushall()
    await project.redis.xgroup('CREATE', keys.outbox(project.prefix), 'faults', '0', 'MKSTREAM')
    // Ends of bodies that were under way come in now, and there is nothing to end.
    project.forget(before)
    const later = await project.enqueue(brief)
    const goesOn = await later.wait({ timeout: 30_000 }).then(
      ({ status }) => status === 'succeeded',
      () => false,
    )
    await wait(context.short ? 300 : 2000)
    const codes = new Set(await Promise.all(flushed.map(codeOf)))
    const listed = (await project.client.runs.newest(100)).filter(({ id }) => before.has(id))
    demands.push(
      { what: 'workers go on with new runs after FLUSHALL', holds: goesOn },
      {
        what: `flushed runs are RUN_NOT_FOUND, not ${[...codes].join(', ')}`,
        holds: codes.size === 1 && codes.has('RUN_NOT_FOUND'),
      },
      { what: `no flushed run is listed, not ${listed.length}`, holds: listed.length === 0 },
    )
  }
  await project.ended(60_000)
  return {
    trials,
    checked: await project.check(),
    demands,
    notes: [`FLUSHALL under ${smallShapes.length} runs, ${trials} times.`],
  }
}

async function busyProject(context: RowContext, url: string): Promise<FaultProject> {
  const project = await openFaultProject(context, {
    url,
    worker: {
      concurrency: 4,
      lease: 5000,
      checkEvery: 1000,
      reconcileEvery: context.short ? 300 : 2000,
      env: { PIPEWRIGHT_FAULT_PACE: '150' },
    },
  })
  await Promise.all([project.work(), project.work()])
  return project
}

/** Waits until bodies of the newest runs have ended and others are under way. */
async function begun(project: FaultProject): Promise<void> {
  const before = (await project.effects()).length
  await until('bodies', async () => (await project.effects()).length >= before + 8)
}

async function codeOf(run: RunHandle): Promise<string> {
  try {
    return (await run.get()).status
  } catch (error) {
    return error instanceof PipewrightError ? error.code : String(error)
  }
}
