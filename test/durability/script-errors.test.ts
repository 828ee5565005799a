import { keys, type Event, type ScriptName } from '@pipewright/engine/internal'
import { afterAll, describe, expect, it } from 'vitest'

import { arm, disarm, installFaults, removeFaults } from '../support/script-fault.ts'
import { countOf, shape, statusesOf, workbench, type Workbench } from '../support/workbench.ts'

/** A join, a retry, a failure with two nodes downstream, a published dataset, a dependent in another queue. */
const graph = {
  top: [],
  left: ['top'],
  right: ['top'],
  join: ['left', 'right'],
  far: ['join'],
  bad: ['top'],
  after: ['bad', 'left'],
  later: ['after'],
}
const expected = {
  top: 'succeeded',
  left: 'succeeded',
  right: 'succeeded',
  join: 'succeeded',
  far: 'succeeded',
  bad: 'failed',
  after: 'skipped',
  later: 'skipped',
}

function subject(): ReturnType<typeof shape> {
  return shape(
    'faulty',
    graph,
    {
      right: (call) => {
        if (call === 1) throw new Error('once')
      },
      bad: () => {
        throw new Error('always')
      },
    },
    { right: { retries: 1 }, far: { queue: 'other' } },
  )
}

/** What must hold of a run, whatever went wrong on its way. */
async function assertWhole(
  bench: Workbench,
  run: Awaited<ReturnType<Workbench['client']['run']>>,
): Promise<void> {
  expect((await run.get()).status).toBe('failed')
  expect(await statusesOf(run)).toEqual(expected)
  expect(await countOf(run, 'far')).toBe(6)
  const mine = (await bench.events()).filter((event) => event.run === run.id)
  const told = mine.map((event) => what(event)).toSorted()
  expect(told).toEqual([...new Set(told)])
  const ends = mine.flatMap((event) => (event.type === 'node_finished' ? [event.node] : []))
  expect(ends.toSorted()).toEqual(Object.keys(expected).toSorted())
  expect(mine.filter((event) => event.type === 'run_finished')).toHaveLength(1)
  expect(mine.filter((event) => event.type === 'node_retrying')).toHaveLength(1)
  const prefix = keys.queuePrefix(bench.prefix)
  for (const queue of ['default', 'other']) {
    await expect.poll(async () => bench.redis.llen(`${prefix}:${queue}:active`)).toBe(0)
    expect(await bench.redis.llen(`${prefix}:${queue}:wait`)).toBe(0)
  }
  // An error may cut this last write of a run's end; whoever sees the run next does it.
  await expect.poll(async () => bench.redis.zcard(keys.activeRuns(bench.prefix))).toBe(0)
}

function what(event: Event): string {
  if (event.type === 'run_created' || event.type === 'run_finished') return event.type
  const which = event.type === 'map_progress' ? event.ended : event.attempt
  return `${event.type} ${event.node} ${which}`
}

const catalog = { far_out: { type: 'json', filepath: 'far.json', versioned: false } }

describe('an error at any write of a script', () => {
  afterAll(() => removeFaults())

  it.each<ScriptName>(['settle', 'claim', 'advance', 'publish'])(
    'of %s loses nothing, runs no body twice and tells nothing twice',
    { timeout: 240_000 },
    async (script) => {
      const { pipeline, calls } = subject()
      const bench = await workbench({ pipelines: [pipeline], catalog })
      installFaults(bench.prefix)
      // A claim that an error cut may leave an active job that no worker knows of and that has no lease yet.
      const lease = script === 'claim' ? 400 : 60_000
      await bench.work({ queues: ['default', 'other'], lease, checkEvery: 100 })
      let struck = 0
      for (let write = 1; ; write += 1) {
        for (const name of Object.keys(calls)) calls[name] = 0
        await arm(bench.redis, bench.prefix, script, write)
        const run = await bench.client.enqueue(pipeline)
        await run.wait({ timeout: 20_000 }).catch((error: unknown) => {
          throw new Error(`write ${write} of ${script}`, { cause: error })
        })
        await assertWhole(bench, run)
        expect(calls, `write ${write} of ${script}`).toEqual({
          top: 1,
          left: 1,
          right: 2,
          join: 1,
          far: 1,
          bad: 1,
        })
        if (await disarm(bench.redis, bench.prefix, script)) break
        struck += 1
      }
      expect(struck).toBeGreaterThan(script === 'publish' ? 2 : 5)
    },
  )

  it('of submit leaves a run that the next try completes', async () => {
    const { pipeline } = subject()
    const bench = await workbench({ pipelines: [pipeline], catalog })
    const warm = await bench.client.enqueue(pipeline)
    installFaults(bench.prefix)
    await bench.work({ queues: ['default', 'other'] })
    const { plan } = await warm.get()
    const header = {
      pipeline: pipeline.name,
      plan,
      params: '{}',
      tags: '{}',
      env: 'local',
      key: '',
    }
    for (let write = 1; ; write += 1) {
      const id = `submitted-${write}`
      const submission = {
        run: id,
        plan,
        delay: 0,
        key: `key-${write}`,
        keyRetention: 60_000,
        queues: ['default', 'other'],
        header: { id, ...header },
      }
      await arm(bench.redis, bench.prefix, 'submit', write)
      const first = await bench.ledger.submit(submission).catch((error: unknown) => error)
      const struck = !(await disarm(bench.redis, bench.prefix, 'submit'))
      expect(first instanceof Error).toBe(struck)
      expect((await bench.ledger.submit(submission)).run).toBe(id)
      const run = await bench.client.run(id)
      await run.wait({ timeout: 20_000 })
      const ends = (await bench.events()).filter(
        (event) => event.run === id && event.type === 'node_finished',
      )
      expect(ends).toHaveLength(8)
      expect(
        (await bench.events()).filter((event) => event.run === id && event.type === 'run_created'),
      ).toHaveLength(1)
      if (!struck) break
    }
  })

  it('of submit leaves a run that the next try with its key completes, by whomever', async () => {
    const { pipeline } = shape('keyed', { only: [], next: ['only'] })
    const bench = await workbench({ pipelines: [pipeline] })
    await bench.client.enqueue(pipeline)
    installFaults(bench.prefix)
    await bench.work()
    for (let write = 1, struck = true; struck; write += 1) {
      const key = `key-${write}`
      await arm(bench.redis, bench.prefix, 'submit', write)
      await bench.client.enqueue(pipeline, { key }).catch(() => undefined)
      struck = !(await disarm(bench.redis, bench.prefix, 'submit'))
      const run = await bench.client.enqueue(pipeline, { key })
      expect((await run.wait({ timeout: 20_000 })).status, `write ${write}`).toBe('succeeded')
      expect((await bench.client.enqueue(pipeline, { key })).id).toBe(run.id)
      const mine = (await bench.events()).filter((event) => event.run === run.id)
      expect(mine.filter(({ type }) => type === 'run_created')).toHaveLength(1)
      expect(mine.filter(({ type }) => type === 'node_finished')).toHaveLength(2)
    }
  })
})
