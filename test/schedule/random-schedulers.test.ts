import { InfrastructureError } from '@pipewright/engine'
import { keys, Scheduler, type SlotRuns } from '@pipewright/engine/internal'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { workbench, type Workbench } from '../support/workbench.ts'

const hour = 3_600_000
const beginning = Math.ceil(Date.now() / hour) * hour + hour
/** Of each policy. */
const sequences = Number(process.env['PIPEWRIGHT_SCHEDULE_RUNS'] ?? 8)
const policies = ['skip', 'bufferOne', 'bufferAll', 'cancelRunning', 'allow'] as const
type Policy = (typeof policies)[number]

type Step =
  | { readonly what: 'clock'; readonly hours: number }
  | { readonly what: 'turn'; readonly who: readonly number[] }
  /** The next enqueue of a scheduler is the last thing that it does in its turn. */
  | { readonly what: 'kill'; readonly who: number; readonly when: 'before' | 'after' }
  | { readonly what: 'end' }
  | { readonly what: 'pause' | 'resume' }

const who = fc.nat({ max: 2 })
const steps = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        what: fc.constant('clock' as const),
        hours: fc.integer({ min: 1, max: 2 }),
      }),
    },
    {
      weight: 6,
      arbitrary: fc.record({
        what: fc.constant('turn' as const),
        who: fc.uniqueArray(who, { minLength: 1 }),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        what: fc.constant('kill' as const),
        who,
        when: fc.constantFrom('before' as const, 'after' as const),
      }),
    },
    { weight: 2, arbitrary: fc.constant({ what: 'end' as const }) },
    {
      weight: 1,
      arbitrary: fc.constantFrom({ what: 'pause' as const }, { what: 'resume' as const }),
    },
  ) satisfies fc.Arbitrary<Step>,
  { minLength: 5, maxLength: 20 },
)

/** Runs that end when the test says so, made by enqueues that may be cut. */
class Runs {
  /** Slots in the order in which their runs were made. */
  readonly slots: number[] = []
  readonly going = new Set<string>()
  /** The most that went on at a time. */
  most = 0
  readonly kills = new Map<number, 'before' | 'after'>()
  readonly #known = new Set<string>()
  readonly #bench: Workbench

  constructor(bench: Workbench) {
    this.#bench = bench
  }

  of(scheduler: number): SlotRuns {
    return {
      enqueue: async (_, { key }) => {
        const kill = this.kills.get(scheduler)
        this.kills.delete(scheduler)
        const dead = new InfrastructureError('REDIS_UNREACHABLE', 'killed', { hint: '' })
        if (kill === 'before') throw dead
        await this.#make(key)
        if (kill === 'after') throw dead
        return { id: key }
      },
      cancel: async (id) => this.#end(id, 'cancelled'),
    }
  }

  async endAll(): Promise<void> {
    for (const id of this.going) await this.#end(id, 'succeeded')
  }

  async #make(key: string): Promise<void> {
    if (this.#known.has(key)) return
    this.#known.add(key)
    this.going.add(key)
    this.most = Math.max(this.most, this.going.size)
    this.slots.push(Date.parse(key.split('/')[2] ?? ''))
    await this.#bench.redis.hset(keys.run(this.#bench.prefix, key), 'status', 'running')
  }

  async #end(id: string, status: string): Promise<void> {
    this.going.delete(id)
    await this.#bench.redis.hset(keys.run(this.#bench.prefix, id), 'status', status)
  }
}

/** Does the steps with three schedulers, then lets all that is left run to its end. */
async function play(bench: Workbench, name: string, overlap: Policy, all: readonly Step[]) {
  const { client, redis, prefix } = bench
  await client.schedules.put(name, { pipeline: 'job', cron: '0 * * * *', overlap, catchup: '30d' })
  await redis.hset(keys.schedule(prefix, name), 'cursor', beginning)
  let now = beginning
  const runs = new Runs(bench)
  const schedulers = [0, 1, 2].map(
    (index) =>
      new Scheduler({
        redis,
        prefix,
        runs: runs.of(index),
        now: async () => Promise.resolve(now),
        onError: (error) => expect(error).toMatchObject({ code: 'REDIS_UNREACHABLE' }),
      }),
  )
  for (const step of all) {
    if (step.what === 'clock') now += step.hours * hour
    else if (step.what === 'turn')
      await Promise.all(step.who.map(async (index) => schedulers[index]?.turn()))
    else if (step.what === 'kill') runs.kills.set(step.who, step.when)
    else if (step.what === 'end') await runs.endAll()
    else await client.schedules[step.what](name)
  }
  runs.kills.clear()
  await client.schedules.resume(name)
  let isOver = false
  while (!isOver) {
    await Promise.all(schedulers.map(async (each) => each.turn()))
    await runs.endAll()
    isOver =
      (await redis.exists(
        keys.slotsRunning(prefix, name, 'slots'),
        keys.slotsWaiting(prefix, name, 'slots'),
      )) === 0
  }
  await client.schedules.remove(name)
  const due = Array.from(
    { length: (now - beginning) / hour },
    (_, at) => beginning + (at + 1) * hour,
  )
  return { runs, due }
}

/** What does not hold of the runs that were made, of all slots that were due. */
function brokenBy(overlap: Policy, runs: Runs, due: readonly number[]): readonly string[] {
  const { slots, most } = runs
  const inOrder = slots.toSorted((a, b) => a - b)
  const isOrdered = inOrder.every((slot, at) => slot === slots[at])
  const claims: Readonly<Record<string, boolean>> = {
    'no slot has two runs': new Set(slots).size === slots.length,
    'each is due': slots.every((slot) => due.includes(slot)),
    'all have one': !['allow', 'bufferAll'].includes(overlap) || slots.length === due.length,
    'one goes on at a time': overlap === 'allow' || most <= 1,
    'none overtakes another': overlap === 'allow' || isOrdered,
    'the first has one': overlap === 'allow' || slots[0] === due[0],
    'the newest has one': overlap !== 'cancelRunning' || slots.at(-1) === due.at(-1),
  }
  return Object.keys(claims).filter((claim) => claims[claim] !== true)
}

describe('three schedulers, whatever they do in whatever order and wherever they are cut', () => {
  it.each(policies)('fire each slot as %s says', async (overlap) => {
    const bench = await workbench({ pipelines: [] })
    let played = 0
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        played += 1
        const { runs, due } = await play(bench, `s-${played}`, overlap, all)
        expect(brokenBy(overlap, runs, due)).toEqual([])
      }),
      { numRuns: sequences, seed: 1 },
    )
  })
})
