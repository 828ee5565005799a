import { InfrastructureError } from '@pipewright/engine'
import type { Client, Run, ScheduleInput } from '@pipewright/engine/client'
import { keys, Lane, Scheduler } from '@pipewright/engine/internal'
import { describe, expect, it, onTestFinished, vi } from 'vitest'

import { startRedis } from '../support/redis.ts'
import { shape, workbench, type Workbench } from '../support/workbench.ts'

const hour = 3_600_000
const day = 24 * hour

/** A ledger with a published pipeline, a schedule `s` and a clock that stands at a full hour. */
interface Clocked extends Workbench {
  /** Moves the clock, and lets each scheduler turn until none is due. */
  at(time: number): Promise<void>
  /** Lets each turn once, all at a time. */
  turn(): Promise<void>
  readonly start: number
  /** Slots as they have runs, in order. */
  slots(): Promise<readonly number[]>
  /** Ends the runs that go on. */
  end(): Promise<void>
  readonly skipped: string[]
}

interface ClockedOptions {
  readonly schedulers?: number
  /** In place of the client's own, to fail or to be killed. */
  readonly enqueue?: (client: Client, index: number) => Client['enqueue']
}

/** Hours begin now, at Redis; the clock of the test goes on from there. */
async function clocked(
  schedule: Omit<ScheduleInput, 'pipeline'>,
  { schedulers: count = 1, enqueue }: ClockedOptions = {},
): Promise<Clocked> {
  const { pipeline } = shape('job', { a: [] })
  const bench = await workbench({ pipelines: [pipeline], configured: {} })
  const { client, redis, prefix } = bench
  const publisher = await bench.work()
  // Its runs stay where they are until a test ends them.
  await publisher.stop()
  await client.schedules.put('s', { pipeline: 'job', ...schedule })
  const start = Math.ceil((Date.now() + hour) / hour) * hour
  await redis.hset(keys.schedule(prefix, 's'), 'cursor', start)
  let now = start
  const skipped: string[] = []
  const schedulers = Array.from({ length: count }, (_, index) => {
    const submit = enqueue?.(client, index) ?? client.enqueue.bind(client)
    return new Scheduler({
      redis,
      prefix,
      now: async () => Promise.resolve(now),
      onError: () => undefined,
      onSkipped: (_, slot) => skipped.push(slot),
      runs: {
        enqueue: async (name, order) => submit(name, order),
        cancel: async (id) => {
          await (await client.run(id)).cancel()
        },
      },
    })
  })
  const turn = async (): Promise<void> => {
    await Promise.all(schedulers.map(async (each) => each.turn()))
  }
  return {
    ...bench,
    start,
    skipped,
    turn,
    async at(time) {
      now = time
      let waits: readonly number[]
      do waits = await Promise.all(schedulers.map(async (each) => each.turn()))
      while (waits.includes(0))
    },
    slots: async () => slotsOf(bench),
    async end() {
      for (const { id, status } of await runsOf(bench))
        if (status === 'running') await (await client.run(id)).cancel()
    },
  }
}

async function runsOf({ redis, prefix, client }: Workbench): Promise<readonly Run[]> {
  const ids = [
    ...(await redis.zrange(keys.activeRuns(prefix), '0', '-1')),
    ...(await redis.zrange(keys.finishedRuns(prefix), '0', '-1')),
  ]
  return Promise.all(ids.map(async (id) => (await client.run(id)).get()))
}

async function slotsOf(bench: Workbench): Promise<readonly number[]> {
  const runs = await runsOf(bench)
  return runs.map(({ tags }) => Date.parse(tags['pipewright.slot'] ?? '')).toSorted((a, b) => a - b)
}

/** What a scheduler has at its enqueue that will say nothing to Redis any more. */
function killed(): InfrastructureError {
  return new InfrastructureError('REDIS_UNREACHABLE', 'killed', { hint: '' })
}

/** Full hours from the start, by number. */
function hours(start: number, ...numbers: readonly number[]): readonly number[] {
  return numbers.map((number) => start + number * hour)
}

function textOf(slot: number): string {
  return new Date(slot).toISOString()
}

function range(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from + 1 }, (_, at) => from + at)
}

const hourly = { cron: '0 * * * *' } as const

describe('a slot', () => {
  it('has exactly one run with three schedulers at once, and one that is killed when it fires', async () => {
    let kills = 0
    const bench = await clocked(
      { ...hourly, overlap: 'allow', catchup: '7d' },
      {
        schedulers: 3,
        enqueue: (client, index) => async (pipeline, options) => {
          // Killed before and after Redis has the run, in turn: it says nothing to Redis any more.
          if (index !== 0) return client.enqueue(pipeline, options)
          kills += 1
          if (kills % 2 === 0) await client.enqueue(pipeline, options)
          throw killed()
        },
      },
    )
    for (const at of range(1, 30)) await bench.at(bench.start + at * hour)
    await bench.turn()
    expect(kills).toBeGreaterThan(2)
    expect(await bench.slots()).toEqual(hours(bench.start, ...range(1, 30)))
  })

  it('that was decided before a scheduler died has its run from the next one', async () => {
    let isDead = true
    const bench = await clocked(hourly, {
      enqueue: (client) => async (pipeline, options) => {
        if (isDead) throw killed()
        return client.enqueue(pipeline, options)
      },
    })
    await bench.at(bench.start + hour)
    expect(await bench.slots()).toEqual([])
    isDead = false
    await bench.turn()
    expect(await bench.slots()).toEqual(hours(bench.start, 1))
  })

  it('tells its run the schedule and the time', async () => {
    const bench = await clocked({ ...hourly, tags: { team: 'weather' } })
    await bench.at(bench.start + hour)
    const [run] = await runsOf(bench)
    const slot = new Date(bench.start + hour).toISOString()
    expect(run?.key).toBe(`schedule/s/${slot}`)
    expect(run?.tags).toMatchObject({
      team: 'weather',
      'pipewright.schedule': 's',
      'pipewright.slot': slot,
    })
  })

  it('is late by its jitter, and never early', async () => {
    const bench = await clocked({ ...hourly, jitter: '30m', overlap: 'allow' })
    await bench.at(bench.start + hour)
    expect(await bench.slots()).toEqual([])
    await bench.at(bench.start + 1.5 * hour)
    expect(await bench.slots()).toEqual(hours(bench.start, 1))
  })

  it('waits for its pipeline to be published, and the schedule says so', async () => {
    const bench = await clocked(hourly)
    const pipelines = keys.pipelines(bench.prefix)
    const text = (await bench.redis.hget(pipelines, 'job')) ?? ''
    await bench.redis.hdel(pipelines, 'job')
    await bench.at(bench.start + hour)
    expect((await bench.client.schedules.list())[0]?.problem).toContain('published')
    await bench.redis.hset(pipelines, 'job', text)
    await bench.turn()
    expect(await bench.slots()).toEqual(hours(bench.start, 1))
    expect((await bench.client.schedules.list())[0]?.problem).toBeUndefined()
  })
})

describe('a slot that cannot be enqueued', () => {
  const wrong = { ...hourly, params: { epochs: 'many' } } as const

  it('is tried until the next one is due, so that a mistake that is put right costs no slot', async () => {
    const bench = await clocked(wrong)
    await bench.at(bench.start + hour)
    await bench.at(bench.start + 1.5 * hour)
    expect((await bench.client.schedules.list())[0]?.problem).toContain('waits for its run')
    await bench.client.schedules.put('s', { pipeline: 'job', ...hourly })
    await bench.turn()
    expect(await bench.slots()).toEqual(hours(bench.start, 1))
  })

  it.each(['skip', 'bufferOne', 'bufferAll', 'cancelRunning', 'allow'] as const)(
    'holds up no later one under %s',
    async (overlap) => {
      const bench = await clocked({ ...wrong, overlap })
      for (const at of [1, 2, 3]) await bench.at(bench.start + at * hour)
      const [known] = await bench.client.schedules.list()
      expect(known).toMatchObject({ waiting: [], running: [textOf(bench.start + 3 * hour)] })
      await bench.client.schedules.put('s', { pipeline: 'job', ...hourly, overlap })
      await bench.at(bench.start + 4 * hour)
      expect(await bench.slots()).toEqual(
        hours(bench.start, ...(overlap === 'allow' ? [3, 4] : [3])),
      )
      await bench.end()
      await bench.at(bench.start + 5 * hour)
      expect((await bench.slots()).length).toBeGreaterThan(1)
    },
  )

  it('for want of its pipeline waits until the catch-up is over, and has no run then', async () => {
    const bench = await clocked({ ...hourly, catchup: '3h', overlap: 'bufferAll' })
    await bench.redis.hdel(keys.pipelines(bench.prefix), 'job')
    for (const at of [1, 2, 3]) await bench.at(bench.start + at * hour)
    expect((await bench.client.schedules.list())[0]).toMatchObject({
      running: [textOf(bench.start + hour)],
      waiting: hours(bench.start, 2, 3).map(textOf),
    })
    await bench.at(bench.start + 4 * hour)
    await bench.turn()
    const [known] = await bench.client.schedules.list()
    expect(known?.running).toEqual([textOf(bench.start + 2 * hour)])
  })

  it('of a backfill is left out, and the others go on', async () => {
    const bench = await clocked(hourly, {
      enqueue: (client) => async (pipeline, options) => {
        if (options?.key?.includes('02:00') === true) throw new TypeError('no such hour')
        return client.enqueue(pipeline, options)
      },
    })
    const day = { from: '2015-01-01T00:00Z', to: '2015-01-01T05:00Z', maxParallel: 10 }
    await bench.client.schedules.backfill('s', day)
    await bench.turn()
    expect((await bench.slots()).map((slot) => new Date(slot).getUTCHours())).toEqual([0, 1, 3, 4])
    const [known] = await bench.client.schedules.list()
    expect(known?.backfill).toEqual({ running: 4, waiting: 0 })
  })
})

describe('a decision', () => {
  it('about a slot is made once, however late another scheduler asks', async () => {
    const bench = await clocked(hourly)
    const lane = new Lane(bench.redis, bench.prefix, 's', 'slots')
    const [first = 0, second = 0, third = 0] = hours(bench.start, 1, 2, 3)
    expect(await lane.decide([first], 'skip')).toEqual(['run'])
    expect(await lane.decide([first, second], 'skip')).toEqual(['past', 'skip'])
    await lane.drop(first)
    expect(await lane.decide([second], 'skip')).toEqual(['past'])
    await bench.client.schedules.pause('s')
    expect(await lane.decide([third], 'skip')).toEqual(['paused'])
    await bench.client.schedules.remove('s')
    expect(await lane.decide([third], 'skip')).toEqual(['gone'])
  })

  it('for a slot that cancels those that run leaves no older one waiting', async () => {
    const bench = await clocked(hourly)
    const lane = new Lane(bench.redis, bench.prefix, 's', 'slots')
    const slots = hours(bench.start, 1, 2, 3)
    expect(await lane.decide(slots, 'cancelRunning')).toEqual(['run', 'wait', 'wait'])
    expect(await lane.waiting()).toEqual(slots.slice(2))
  })

  it('about slots of which very many go on leaves none of them without its run', async () => {
    const bench = await clocked(hourly)
    const lane = new Lane(bench.redis, bench.prefix, 's', 'slots')
    const slots = hours(bench.start, ...range(1, 600))
    await lane.decide(slots, 'allow')
    expect((await lane.settle('allow')).open).toEqual(slots)
  })

  it('lets no slot overtake those that wait', async () => {
    const bench = await clocked(hourly)
    const lane = new Lane(bench.redis, bench.prefix, 's', 'slots')
    const [first = 0, second = 0, third = 0] = hours(bench.start, 1, 2, 3)
    expect(await lane.decide([first, second], 'bufferAll')).toEqual(['run', 'wait'])
    await lane.drop(first)
    expect(await lane.decide([third], 'bufferAll')).toEqual(['wait'])
    expect(await lane.settle('bufferAll')).toEqual({ open: [second], cancel: [] })
    expect(await lane.running()).toEqual([second])
  })
})

describe('a scheduler', () => {
  it('with a hundred schedules and nothing to do sends three small commands a turn', async () => {
    const bench = await clocked(hourly)
    const yearly = { pipeline: 'job', cron: '0 0 1 1 *' }
    for (const at of range(1, 99)) await bench.client.schedules.put(`s-${at}`, yearly)
    await bench.at(bench.start + hour)
    await bench.end()
    await bench.turn()
    const state = await bench.redis.hgetall(keys.schedule(bench.prefix, 's'))
    expect(Object.keys(state).toSorted()).toEqual(['cursor', 'timing'])
    const sent = vi.spyOn(bench.redis, 'sendCommand')
    await bench.turn()
    expect(sent.mock.calls.map(([{ name }]) => name)).toEqual(['time', 'get', 'smembers'])
  })

  it('goes on with the others when one schedule cannot be read', async () => {
    const bench = await clocked(hourly)
    const all = keys.schedules(bench.prefix)
    const text = (await bench.redis.hget(all, 's')) ?? ''
    await bench.redis.hset(all, 'broken', text.replace('0 * * * *', 'x').replace('"s"', '"broken"'))
    await bench.redis.hset(keys.schedule(bench.prefix, 'broken'), 'cursor', bench.start)
    await bench.redis.hset(all, 'newer', '{"version":2}')
    await bench.at(bench.start + hour)
    expect(await bench.slots()).toEqual(hours(bench.start, 1))
  })
})

describe('after seven days of downtime', () => {
  it('a window of 24 h catches up exactly the slots of the window', async () => {
    const bench = await clocked({ ...hourly, overlap: 'allow', catchup: '24h' }, { schedulers: 3 })
    await bench.at(bench.start + 7 * day + hour / 2)
    expect(await bench.slots()).toEqual(hours(bench.start, ...range(145, 168)))
    await bench.at(bench.start + 7 * day + hour)
    expect(await bench.slots()).toEqual(hours(bench.start, ...range(145, 169)))
  })

  it('more slots than one turn takes are all caught up', async () => {
    const bench = await clocked({ every: '5m', overlap: 'bufferAll', catchup: '2d' })
    await bench.at(bench.start + 7 * day - 1000)
    const [known] = await bench.client.schedules.list()
    expect(known?.running).toHaveLength(1)
    expect(known?.waiting).toHaveLength(2 * 24 * 12 - 1)
  })
})

describe('while a run of the schedule goes on', () => {
  it('skip leaves slots out', async () => {
    const bench = await clocked({ ...hourly, overlap: 'skip' })
    for (const at of [1, 2, 3]) await bench.at(bench.start + at * hour)
    expect(await bench.slots()).toEqual(hours(bench.start, 1))
    expect(bench.skipped).toHaveLength(2)
    await bench.end()
    await bench.at(bench.start + 4 * hour)
    expect(await bench.slots()).toEqual(hours(bench.start, 1, 4))
  })

  it('bufferOne keeps the first of the slots that come', async () => {
    const bench = await clocked({ ...hourly, overlap: 'bufferOne' })
    for (const at of [1, 2, 3]) await bench.at(bench.start + at * hour)
    expect(await bench.slots()).toEqual(hours(bench.start, 1))
    await bench.end()
    await bench.turn()
    expect(await bench.slots()).toEqual(hours(bench.start, 1, 2))
    await bench.end()
    await bench.turn()
    expect(await bench.slots()).toEqual(hours(bench.start, 1, 2))
  })

  it('bufferAll runs all of them, one after the other', async () => {
    const bench = await clocked({ ...hourly, overlap: 'bufferAll' }, { schedulers: 3 })
    for (const at of [1, 2, 3]) await bench.at(bench.start + at * hour)
    for (const last of [1, 2, 3]) {
      expect(await bench.slots()).toEqual(hours(bench.start, ...range(1, last)))
      await bench.end()
      await bench.turn()
      await bench.turn()
    }
  })

  it('cancelRunning ends it for the newest slot', async () => {
    const bench = await clocked({ ...hourly, overlap: 'cancelRunning' })
    for (const at of [1, 2]) await bench.at(bench.start + at * hour)
    await bench.turn()
    await bench.turn()
    const runs = (await runsOf(bench)).toSorted((a, b) => a.createdAt - b.createdAt)
    expect(runs.map(({ status }) => status)).toEqual(['cancelled', 'running'])
    expect(await bench.slots()).toEqual(hours(bench.start, 1, 2))
  })

  it('allow runs them side by side', async () => {
    const bench = await clocked({ ...hourly, overlap: 'allow' })
    for (const at of [1, 2, 3]) await bench.at(bench.start + at * hour)
    expect((await runsOf(bench)).map(({ status }) => status)).toEqual(Array(3).fill('running'))
  })
})

describe('a schedule', () => {
  it('cancels no run while it is paused', async () => {
    const bench = await clocked({ ...hourly, overlap: 'cancelRunning' })
    for (const at of [1, 2]) await bench.at(bench.start + at * hour)
    await bench.client.schedules.pause('s')
    await bench.turn()
    expect((await runsOf(bench)).map(({ status }) => status)).toEqual(['running'])
    await bench.client.schedules.resume('s')
    await bench.turn()
    expect((await runsOf(bench)).map(({ status }) => status)).toEqual(['cancelled'])
  })

  it('whose policy becomes allow begins all that waits at once', async () => {
    const bench = await clocked({ ...hourly, overlap: 'bufferAll' })
    for (const at of [1, 2, 3]) await bench.at(bench.start + at * hour)
    await bench.client.schedules.put('s', { pipeline: 'job', ...hourly, overlap: 'allow' })
    await bench.turn()
    expect(await bench.slots()).toEqual(hours(bench.start, 1, 2, 3))
  })

  it('fires nothing and begins nothing that waits while it is paused', async () => {
    const bench = await clocked({ ...hourly, overlap: 'bufferAll' })
    for (const at of [1, 2]) await bench.at(bench.start + at * hour)
    await bench.client.schedules.pause('s')
    await bench.end()
    for (const at of [3, 4]) await bench.at(bench.start + at * hour)
    expect(await bench.slots()).toEqual(hours(bench.start, 1))
    await bench.client.schedules.resume('s')
    await bench.turn()
    expect(await bench.slots()).toEqual(hours(bench.start, 1, 2))
  })

  it('catches up nothing of the time in which it was paused', async () => {
    const bench = await clocked(hourly)
    const state = keys.schedule(bench.prefix, 's')
    await bench.redis.hset(state, 'cursor', 5)
    await bench.client.schedules.resume('s')
    expect(await bench.redis.hget(state, 'cursor')).toBe('5')
    await bench.client.schedules.pause('s')
    await bench.client.schedules.resume('s')
    expect(Number(await bench.redis.hget(state, 'cursor'))).toBeGreaterThan(Date.now() - hour)
  })

  it('goes on where it was when it is put again, and begins anew with other times', async () => {
    const bench = await clocked({ ...hourly, catchup: '7d' })
    const state = keys.schedule(bench.prefix, 's')
    await bench.redis.hset(state, 'cursor', 5)
    await bench.client.schedules.put('s', { pipeline: 'job', ...hourly, tags: { a: 'b' } })
    expect(await bench.redis.hget(state, 'cursor')).toBe('5')
    await bench.client.schedules.put('s', { pipeline: 'job', cron: '5 * * * *' })
    expect(Number(await bench.redis.hget(state, 'cursor'))).toBeGreaterThan(Date.now() - hour)
  })

  it('is triggered whatever goes on', async () => {
    const bench = await clocked(hourly)
    await bench.at(bench.start + hour)
    const run = await (await bench.client.schedules.trigger('s')).get()
    expect(run.tags).toMatchObject({ 'pipewright.trigger': 'manual', 'pipewright.schedule': 's' })
  })

  it('leaves nothing behind when it is removed', async () => {
    const bench = await clocked({ ...hourly, overlap: 'bufferAll' })
    for (const at of [1, 2]) await bench.at(bench.start + at * hour)
    await bench.client.schedules.remove('s')
    await bench.turn()
    // A scheduler that was about to, when it was removed.
    const lane = new Lane(bench.redis, bench.prefix, 's', 'slots')
    await lane.note(bench.start + hour, 'a run')
    await lane.trouble(bench.start + hour, 'a problem')
    const left = await bench.redis.keys(`${bench.prefix}:schedule*`)
    expect(left).toEqual([keys.schedulesRevision(bench.prefix)])
    await expect(bench.client.schedules.pause('s')).rejects.toMatchObject({
      code: 'UNKNOWN_SCHEDULE',
    })
  })

  it('that is wrong is refused', async () => {
    const bench = await clocked(hourly)
    const all: readonly Omit<ScheduleInput, 'pipeline'>[] = [
      { cron: '61 * * * *' },
      { every: '1h', timezone: 'Mars/Base' },
      { ...hourly, every: '1h' },
      {},
    ]
    for (const wrong of all)
      await expect(
        bench.client.schedules.put('t', { pipeline: 'job', ...wrong }),
      ).rejects.toMatchObject({ code: 'INVALID_SCHEDULE' })
  })
})

describe('a backfill', () => {
  it('runs each slot once, in order, so many at a time', async () => {
    const bench = await clocked({ cron: '0 0 1 * *' }, { schedulers: 3 })
    const months = { from: '2015-01-01', to: '2016-01-01', maxParallel: 5 }
    const slots = await bench.client.schedules.backfill('s', months)
    expect(slots).toHaveLength(12)
    expect(slots.at(-1)).toBe('2015-12-01T00:00:00.000Z')
    for (const count of [5, 10, 12, 12]) {
      await bench.turn()
      await bench.turn()
      expect(await bench.slots()).toEqual(slots.slice(0, count).map((slot) => Date.parse(slot)))
      await bench.end()
    }
  })

  it('has the days of its time zone', async () => {
    const bench = await clocked({ cron: '0 */12 * * *', timezone: 'America/Los_Angeles' })
    const day = { from: '2015-07-01', to: '2015-07-02' }
    expect(await bench.client.schedules.backfill('s', day)).toEqual([
      '2015-07-01T07:00:00.000Z',
      '2015-07-01T19:00:00.000Z',
    ])
    const half = { from: new Date('2015-07-01T12:00Z'), to: '2015-07-02' }
    expect(await bench.client.schedules.backfill('s', half)).toHaveLength(1)
  })

  it.each([
    ['an end that is not later', { to: '2015-01-01' }],
    ['too many slots', { to: '2016-01-01' }],
    ['a day that there is not', { to: '2015-02-30' }],
    ['a time without its zone', { to: '2015-01-01T06:00' }],
    ['none at a time', { to: '2015-01-02', maxParallel: 0 }],
  ])('with %s is refused', async (_, given) => {
    const bench = await clocked({ every: '1s' })
    await expect(
      bench.client.schedules.backfill('s', { from: '2015-01-01', ...given }),
    ).rejects.toMatchObject({ code: 'INVALID_BACKFILL' })
  })
})

describe('a worker', () => {
  const schedule = { cron: '0 0 1 1 *', pipeline: 'job', timezone: 'UTC', params: {}, tags: {} }
  const yearly = { ...schedule, overlap: 'skip', catchup: 0, jitter: 0 } as const

  it('publishes the schedules of its project, and removes those that it has no more', async () => {
    const bench = await workbench({ pipelines: [] })
    const { client } = bench
    const names = async (): Promise<readonly string[]> =>
      (await client.schedules.list()).map(({ name }) => name)
    await client.schedules.put('own', { pipeline: 'job', cron: '0 0 1 1 *' })
    await bench.work({ schedules: { all: { a: yearly, b: yearly }, env: 'local' } })
    expect(await names()).toEqual(['a', 'b', 'own'])
    await bench.work({ schedules: { all: { b: yearly }, env: 'local' } })
    expect(await names()).toEqual(['b', 'own'])
    await bench.work({ schedules: { all: {}, env: 'other' } })
    expect(await names()).toEqual(['b', 'own'])
  })

  it('publishes them again in a Redis that came back empty', async () => {
    const server = await startRedis()
    onTestFinished(async () => server.stop())
    const bench = await workbench({ pipelines: [], url: server.url })
    await bench.work({ schedules: { all: { a: yearly }, env: 'local' } })
    await bench.redis.flushall()
    await server.restart()
    await expect
      .poll(async () => bench.client.schedules.list(), { timeout: 20_000 })
      .toMatchObject([{ name: 'a' }])
  })
})
