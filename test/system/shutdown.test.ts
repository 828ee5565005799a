import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import type { RunHandle } from '@pipewright/engine/client'
import { describe, expect, it } from 'vitest'

import { starts, testProject, until, type TestProject } from '../support/projects.ts'
import { draining } from './fixture/draining.ts'
import { looping, loopingPids, orphan } from './fixture/pipelines/crashes.ts'
import { gated } from './fixture/pipelines/gated.ts'

async function begun(project: TestProject, run: RunHandle, node: string): Promise<void> {
  await until(`${node} to begin`, async () => starts(await project.journal(run))[node] === 1)
}

describe.concurrent('SIGTERM', () => {
  it('drains: running nodes end, nothing new is claimed, and the process exits with 0', async (context) => {
    const project = await testProject(context)
    const worker = await project.work({ name: 'leaving' })
    const run = await project.client.enqueue(gated)
    await begun(project, run, 'waiting')
    worker.signal('SIGTERM')
    await until('the worker to drain', () => worker.log.includes(draining))
    const other = await project.client.enqueue(gated)
    await project.open('gated')
    expect(await worker.ended).toEqual({ code: 0, signal: null })
    expect(starts(await project.journal(run))).toEqual({ before: 1, waiting: 1 })
    expect(starts(await project.journal(other))).toEqual({})
    expect((await run.nodes()).map(({ status }) => status)).toEqual([
      'succeeded',
      'succeeded',
      'pending',
      'pending',
    ])

    await project.work({ name: 'next' })
    const ended = await Promise.all(
      [run, other].map(async (each) => each.wait({ timeout: 20_000 })),
    )
    expect(ended.map(({ status }) => status)).toEqual(['succeeded', 'succeeded'])
    expect(starts(await project.journal(run))).toEqual({ before: 1, waiting: 1, after: 1, end: 1 })
  })

  it('past the grace hands running nodes back without spending a retry', async (context) => {
    const project = await testProject(context)
    const worker = await project.work({ name: 'leaving', drain: 100 })
    const run = await project.client.enqueue(gated)
    await begun(project, run, 'waiting')
    worker.signal('SIGTERM')
    expect(await worker.ended).toEqual({ code: 0, signal: null })
    const journal = await project.journal(run)
    expect(journal.at(-1), 'its signal was aborted').toMatchObject({
      node: 'waiting',
      what: 'aborted',
    })

    await project.work({ name: 'next' })
    await project.open('gated')
    expect((await run.wait({ timeout: 20_000 })).status).toBe('succeeded')
    expect(starts(await project.journal(run))).toEqual({ before: 1, waiting: 2, after: 1, end: 1 })
    const events = await project.events(run)
    const returned = events.filter((event) => event.type === 'node_retrying')
    expect(returned).toMatchObject([
      { node: 'waiting', attempt: 1, error: { code: 'WORKER_STOPPED' } },
    ])
    expect(events.filter((event) => event.type === 'node_lost')).toEqual([])
  })
})

describe.concurrent('SIGKILL', () => {
  it('leaves no child process behind', async (context) => {
    const project = await testProject(context)
    const worker = await project.work()
    const run = await project.client.enqueue(orphan)
    const [entry] = await until('the node to begin', async () => {
      const journal = await project.journal(run)
      return journal.length > 0 && journal
    })
    const child = entry?.pid ?? -1
    expect(child).not.toBe(worker.pid)
    await worker.kill()
    await until('the child process to end', () => !isAlive(child))
  })

  it('ends a child process in an endless loop too, and what that has started', async (context) => {
    const project = await testProject(context)
    const worker = await project.work()
    await project.client.enqueue(looping)
    const file = join(project.root, loopingPids)
    const pids = await until('the node to start a process', async () => {
      const text = await readFile(file, 'utf8').catch(() => '')
      return text !== '' && text.split(' ').map(Number)
    })
    expect(pids).toHaveLength(2)
    expect(pids).not.toContain(worker.pid)
    expect(pids.every(isAlive)).toBe(true)
    await worker.kill()
    await until('both to end', () => !pids.some(isAlive))
  })
})

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
