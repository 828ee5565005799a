import type { Client, Run, RunFilter } from '@pipewright/engine/client'
import { keys } from '@pipewright/engine/internal'
import { describe, expect, it } from 'vitest'

import { shape, workbench } from '../support/workbench.ts'

async function all(client: Client, filter: RunFilter = {}): Promise<readonly Run[]> {
  const found: Run[] = []
  let cursor: string | undefined
  do {
    const page = await client.runs.list(filter, cursor)
    found.push(...page.runs)
    cursor = page.cursor
  } while (cursor !== undefined)
  return found
}

const ids = (runs: readonly { readonly id: string }[]): readonly string[] =>
  runs.map(({ id }) => id)

describe('the list of runs', () => {
  it('has every run once, page by page, those that go on first', async () => {
    const { pipeline: ending } = shape('ending', { only: [] })
    const { pipeline: waiting } = shape(
      'waiting',
      { only: [] },
      {},
      { only: { queue: 'unserved' } },
    )
    const bench = await workbench({ pipelines: [ending, waiting] })
    await bench.work()
    const ended = []
    const open = []
    for (let at = 0; at < 7; at += 1) {
      ended.push(
        await bench.client.enqueue(ending, { tags: { half: at < 3 ? 'first' : 'second' } }),
      )
      open.push(await bench.client.enqueue(waiting))
    }
    await Promise.all(ended.map(async (run) => run.wait()))
    for (const limit of [1, 3, 7, 1000]) {
      const listed = ids(await all(bench.client, { limit }))
      expect(listed).toHaveLength(14)
      expect(listed.slice(0, 7)).toEqual(ids(open.toReversed()))
      expect(listed.slice(7).toSorted()).toEqual(ids(ended).toSorted())
    }
    expect(await all(bench.client, { pipeline: 'ending', status: 'running' })).toEqual([])
    expect(ids(await all(bench.client, { status: ['running', 'pending'] }))).toEqual(
      ids(open.toReversed()),
    )
    const first = await all(bench.client, { tags: { half: 'first' }, limit: 2 })
    expect(ids(first).toSorted()).toEqual(ids(ended.slice(0, 3)).toSorted())
    const since = (await open[3]?.get())?.createdAt ?? 0
    const later = await all(bench.client, { since })
    const earlier = await all(bench.client, { until: since })
    expect([...ids(later), ...ids(earlier)].toSorted()).toEqual(ids([...open, ...ended]).toSorted())
    expect(await bench.client.runs.get(open[0]?.id ?? '')).toMatchObject({ pipeline: 'waiting' })
  })

  it('goes past any number of runs that ended at one moment', async () => {
    const { pipeline } = shape('one', { only: [] })
    const bench = await workbench({ pipelines: [pipeline] })
    const runs = await Promise.all(
      Array.from({ length: 130 }, async () => bench.client.enqueue(pipeline)),
    )
    await bench.redis.zadd(
      keys.activeRuns(bench.prefix),
      ...runs.flatMap(({ id }) => [1_700_000_000_000, id]),
    )
    const listed = ids(await all(bench.client, { limit: 9 }))
    expect(listed.toSorted()).toEqual(ids(runs).toSorted())
  })

  it.each(['', 'active', 'ended/x/y', 'other/1/2', 'active/1/a b'])(
    'refuses "%s" as a cursor',
    async (cursor) => {
      const { pipeline } = shape('one', { only: [] })
      const { client } = await workbench({ pipelines: [pipeline] })
      await expect(client.runs.list({}, cursor)).rejects.toMatchObject({ code: 'INVALID_CURSOR' })
      await expect(client.runs.list({ limit: 0 })).rejects.toMatchObject({ code: 'INVALID_LIMIT' })
    },
  )
})
