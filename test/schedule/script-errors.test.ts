import { keys, Lane, publishSchedules, type ScriptName } from '@pipewright/engine/internal'
import { afterAll, describe, expect, it } from 'vitest'

import { arm, disarm, installFaults, removeFaults } from '../support/script-fault.ts'
import { workbench, type Workbench } from '../support/workbench.ts'

const hour = 3_600_000
/** Slots of the tests, far enough ahead that no cursor of now is beyond them. */
const [first, second, third, fourth] = [1, 2, 3, 4].map(
  (at) => Math.ceil(Date.now() / hour) * hour + at * hour,
) as [number, number, number, number]

const gone = 'a run that is not there any more'
const lanes = ['slots', 'backfill'] as const

interface Subject {
  readonly bench: Workbench
  readonly name: string
  readonly slots: Lane
  readonly backfill: Lane
}

interface Case {
  readonly script: ScriptName
  readonly what: string
  /** What is there before. */
  readonly before?: (subject: Subject) => Promise<unknown>
  /** What an error cuts, and what is done again then. */
  readonly act: (subject: Subject) => Promise<unknown>
}

const cases: readonly Case[] = [
  ...(['skip', 'bufferOne', 'bufferAll', 'cancelRunning', 'allow'] as const).map((policy) => ({
    script: 'decide-slots' as const,
    what: `slots under ${policy}`,
    act: async ({ slots }: Subject) => slots.decide([first, second, third], policy),
  })),
  {
    script: 'settle-slots',
    what: 'a slot whose run has ended, one without a run, and one that waits',
    async before({ bench, name, slots, backfill }) {
      await slots.decide([first, second], 'allow')
      await slots.decide([third], 'bufferAll')
      await slots.note(first, gone)
      await backfill.add([first, second, third, fourth])
      await bench.redis.hset(keys.schedule(bench.prefix, name), 'maxParallel', 3)
    },
    async act({ slots, backfill }) {
      await settle(slots)
      await settle(backfill)
    },
  },
  {
    script: 'settle-slots',
    what: 'the last slot',
    async before({ slots }) {
      await slots.decide([first], 'skip')
      await slots.note(first, gone)
    },
    act: async ({ slots }) => settle(slots),
  },
  {
    script: 'note-slot',
    what: 'a run after trouble',
    async before({ slots }) {
      await slots.decide([first], 'skip')
      await slots.trouble(first, 'no pipeline')
    },
    act: async ({ slots }) => slots.note(first, 'a run'),
  },
  {
    script: 'note-slot',
    what: 'that there will be no run',
    before: async ({ slots }) => slots.decide([first], 'skip'),
    act: async ({ slots }) => slots.drop(first, 'wrong params'),
  },
  ...(['pause', 'remove'] as const).map((word) => ({
    script: 'change-schedule' as const,
    what: word,
    before: async ({ slots, backfill }: Subject) => {
      await slots.decide([first, second], 'bufferAll')
      await backfill.add([first])
    },
    act: async ({ bench, name }: Subject) => bench.client.schedules[word](name),
  })),
  {
    script: 'change-schedule',
    what: 'resume',
    before: async ({ bench, name }) => bench.client.schedules.pause(name),
    act: async ({ bench, name }) => bench.client.schedules.resume(name),
  },
  {
    script: 'change-schedule',
    what: 'other times',
    act: async ({ bench, name }) =>
      bench.client.schedules.put(name, { pipeline: 'job', cron: '5 * * * *' }),
  },
]

/** As a scheduler does: the key of a slot that lost its run to an error finds that run again. */
async function settle(lane: Lane): Promise<void> {
  const { open } = await lane.settle('bufferAll')
  if (lane.name === 'backfill' || !open.includes(first)) return
  await lane.note(first, gone)
  await lane.settle('bufferAll')
}

async function subject(bench: Workbench, name: string): Promise<Subject> {
  await bench.client.schedules.put(name, { pipeline: 'job', cron: '0 * * * *' })
  const [slots, backfill] = lanes.map((lane) => new Lane(bench.redis, bench.prefix, name, lane))
  if (slots === undefined || backfill === undefined) throw new Error('no lanes')
  return { bench, name, slots, backfill }
}

/** All that is kept of a schedule. A cursor of now says just that: it differs from call to call. */
async function kept({ bench, name, slots, backfill }: Subject): Promise<unknown> {
  const { redis, prefix } = bench
  const state = await redis.hgetall(keys.schedule(prefix, name))
  const isNow = Number(state['cursor']) < first
  const text = await redis.hget(keys.schedules(prefix), name)
  return {
    state: isNow ? { ...state, cursor: 'now' } : state,
    slots: [await slots.running(), await slots.waiting()],
    backfill: [await backfill.running(), await backfill.waiting()],
    busy: await redis.smismember(keys.busyLanes(prefix), `slots/${name}`, `backfill/${name}`),
    text: text?.replace(name, ''),
  }
}

describe('an error at any write of a script of schedules', () => {
  afterAll(() => removeFaults())

  it.each(cases.map((each) => [each.script, each.what, each] as const))(
    'of %s, about %s, is made good by a repetition',
    async (script, what, { before, act }) => {
      const bench = await workbench({ pipelines: [] })
      installFaults(bench.prefix)
      const whole = await subject(bench, 'whole')
      await before?.(whole)
      await act(whole)
      const expected = await kept(whole)
      let struck = 0
      for (let write = 1; ; write += 1) {
        const cut = await subject(bench, `cut-${write}`)
        await before?.(cut)
        await arm(bench.redis, bench.prefix, script, write)
        const first = await act(cut).catch((error: unknown) => error)
        if (await disarm(bench.redis, bench.prefix, script)) break
        expect(first, `write ${write}`).toBeInstanceOf(Error)
        struck += 1
        const revision = await bench.redis.get(keys.schedulesRevision(bench.prefix))
        const again = await act(cut).catch((error: unknown) => error)
        // All but the word of it was removed: there is nothing left to remove.
        expect(again instanceof Error && what !== 'remove').toBe(false)
        expect(await kept(cut), `write ${write}`).toEqual(expected)
        const changed = (await bench.redis.get(keys.schedulesRevision(bench.prefix))) !== revision
        expect(changed).toBe(script === 'change-schedule' && !(again instanceof Error))
      }
      expect(struck).toBeGreaterThan(0)
    },
  )

  it('leaves no schedule behind that a project has no more', async () => {
    const bench = await workbench({ pipelines: [] })
    installFaults(bench.prefix)
    const schedule = { cron: '0 0 1 1 *', pipeline: 'job', timezone: 'UTC', params: {}, tags: {} }
    const all = { s: { ...schedule, overlap: 'skip', catchup: 0, jitter: 0 } } as const
    for (let write = 1; ; write += 1) {
      await publishSchedules(bench.redis, bench.prefix, all, 'local')
      await arm(bench.redis, bench.prefix, 'change-schedule', write)
      await publishSchedules(bench.redis, bench.prefix, {}, 'local').catch(() => undefined)
      if (await disarm(bench.redis, bench.prefix, 'change-schedule')) break
      await publishSchedules(bench.redis, bench.prefix, {}, 'local')
      expect(await bench.client.schedules.list()).toEqual([])
    }
  })
})
