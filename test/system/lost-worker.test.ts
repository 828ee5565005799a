import { describe, expect, it } from 'vitest'

import { starts, testProject, until } from '../support/projects.ts'
import { gated } from './fixture/pipelines/gated.ts'
import { heldNodes, relay } from './fixture/pipelines/relay.ts'

describe.concurrent('a worker that is killed in mid-run', () => {
  it('loses nothing: nodes that are done stay done, those in flight run once more elsewhere', async (context) => {
    const project = await testProject(context)
    const [victim, survivor] = await Promise.all([
      project.work({ name: 'victim', concurrency: 2 }),
      project.work({ name: 'survivor', concurrency: 4 }),
    ])
    const run = await project.client.enqueue(relay)
    const before = await until('two held nodes in the victim, all four begun', async () => {
      const journal = await project.journal(run)
      const begun = journal.filter(
        ({ node, what }) => node.startsWith('held_') && what === 'started',
      )
      return begun.length === heldNodes.length && journal
    })
    await victim.kill()
    const ended = new Set(before.flatMap(({ node, what }) => (what === 'ended' ? [node] : [])))
    const inFlight = before
      .filter(({ node, worker }) => worker === victim.name && !ended.has(node))
      .map(({ node }) => node)
      .toSorted()
    expect(inFlight.length, 'the victim had nodes in flight').toBeGreaterThan(0)
    await project.open('relay')

    expect(await run.wait({ timeout: 30_000 })).toMatchObject({ status: 'succeeded', finished: 7 })
    const expected = ['first', 'second', ...heldNodes, 'last'].map((node) => [
      node,
      inFlight.includes(node) ? 2 : 1,
    ])
    expect(starts(await project.journal(run))).toEqual(Object.fromEntries(expected))
    const events = await project.events(run)
    const lost = events.flatMap((event) => (event.type === 'node_lost' ? [event.node] : []))
    expect(lost.toSorted()).toEqual(inFlight)
    const taken = (await run.nodes()).filter(({ node }) => inFlight.includes(node))
    expect(taken.map(({ worker, attempt }) => [worker, attempt])).toEqual(
      inFlight.map(() => [survivor.name, 2]),
    )
  })
})

describe.concurrent('a worker that is frozen past its lease', () => {
  it('finds its body aborted and its end refused when it wakes up', async (context) => {
    const project = await testProject(context)
    const zombie = await project.work({ name: 'zombie' })
    const run = await project.client.enqueue(gated)
    const body = async (worker: string, what: string): Promise<unknown> =>
      until(`${what} in ${worker}`, async () =>
        (await project.journal(run)).some(
          (entry) => entry.node === 'waiting' && entry.worker === worker && entry.what === what,
        ),
      )
    await body('zombie', 'started')
    zombie.signal('SIGSTOP')
    await project.work({ name: 'heir' })
    await body('heir', 'started')
    zombie.signal('SIGCONT')
    await body('zombie', 'aborted')
    await project.open('gated')

    expect((await run.wait({ timeout: 20_000 })).status).toBe('succeeded')
    const ends = (await project.events(run)).flatMap((event) =>
      event.type === 'node_finished' && event.node === 'waiting'
        ? [[event.worker, event.attempt, event.status]]
        : [],
    )
    expect(ends).toEqual([['heir', 2, 'succeeded']])
    expect(starts(await project.journal(run))).toEqual({ before: 1, waiting: 2, after: 1, end: 1 })
  })
})
