import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import type { RunHandle } from '@pipewright/engine/client'
import { describe, expect, it, onTestFinished } from 'vitest'

import { makeCheckout } from '../support/checkout.ts'
import { shortLease, starts, testProject, until } from '../support/projects.ts'
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts'
import { journalFile } from './fixture/journal.ts'
import { upgraded as next } from './fixture/upgrade/after.ts'
import { upgraded as deployed } from './fixture/upgrade/before.ts'

const config = (version: string): string => `
import { defineProject } from '@pipewright/engine'
import { upgraded } from './upgrade/${version}.ts'
export default defineProject({ pipelines: [upgraded] })
`

async function checkout(project: string, version: 'before' | 'after'): Promise<string> {
  const made = await makeCheckout({
    files: {
      'system/fixture/counted.ts': 'counted.ts',
      'system/fixture/gate.ts': 'gate.ts',
      'system/fixture/journal.ts': 'journal.ts',
      [`system/fixture/upgrade/${version}.ts`]: `upgrade/${version}.ts`,
    },
    config: config(version),
    project,
    shared: ['gates', journalFile],
  })
  onTestFinished(async () => made.remove())
  return made.root
}

/** Which worker ended each node of a run. */
async function workersOf(run: RunHandle): Promise<Readonly<Record<string, string | undefined>>> {
  return Object.fromEntries((await run.nodes()).map(({ node, worker }) => [node, worker]))
}

/** Which code ran each node of a run. */
async function codesOf(run: RunHandle): Promise<Readonly<Record<string, string | undefined>>> {
  return Object.fromEntries((await run.nodes()).map(({ node, record }) => [node, record?.code]))
}

describe('a rolling upgrade in the middle of runs', () => {
  it('and back again loses nothing, and each node runs where its code is', async (context) => {
    const project = await testProject(context)
    await writeFile(join(project.root, journalFile), '')
    const [before, after] = [
      await checkout(project.root, 'before'),
      await checkout(project.root, 'after'),
    ]
    const work = async (name: string, root: string): Promise<WorkerProcess> => {
      const { url: redis, prefix } = project
      const worker = await startWorkerProcess({
        ...shortLease,
        name,
        root,
        redis,
        prefix,
        drain: 100,
      })
      context.onTestFinished(async () => {
        await worker.kill()
      })
      return worker
    }
    const bodyIn = async (run: RunHandle, worker: string): Promise<unknown> =>
      until(`the body at the gate in ${worker}`, async () =>
        (await project.journal(run)).some(
          (entry) => entry.node === 'held' && entry.worker === worker && entry.what === 'started',
        ),
      )

    const old = await work('old', before)
    const running = await project.client.enqueue(deployed)
    await bodyIn(running, 'old')
    await work('new', after)
    old.signal('SIGTERM')
    await old.ended
    const fresh = await project.client.enqueue(next)
    // Handed back by the old worker; the node is the same in both versions.
    await bodyIn(running, 'new')
    await project.open('upgrade')
    expect((await fresh.wait({ timeout: 30_000 })).status).toBe('succeeded')
    expect(new Set(Object.values(await workersOf(fresh)))).toEqual(new Set(['new']))

    const why = await until('the changed node to be left', async () => {
      const { reason } = await running.why('changed')
      return reason.kind === 'no-code' && reason
    })
    expect(why).toMatchObject({
      pipeline: 'upgraded',
      workers: [{ worker: { name: 'new' }, has: 'other' }],
    })
    expect((await running.why()).moving).toBe(false)

    await work('again', before)
    expect((await running.wait({ timeout: 30_000 })).status).toBe('succeeded')
    expect(await workersOf(running)).toEqual({
      first: 'old',
      second: 'old',
      held: 'new',
      changed: 'again',
      removed: 'again',
    })
    expect(starts(await project.journal(running))).toEqual({
      first: 1,
      second: 1,
      held: 2,
      changed: 1,
      removed: 1,
    })
    const [oldCode, newCode] = [await codesOf(running), await codesOf(fresh)]
    expect(oldCode['changed']).toMatch(/^[0-9a-f]{16}$/)
    expect(oldCode['held']).toBe(newCode['held'])
    expect(oldCode['first']).not.toBe(newCode['first'])
    const codes = (await project.client.workers()).map(({ name, code }) => [name, code])
    expect(codes.map(([name]) => name)).toEqual(['again', 'new'])
    expect(codes[0]?.[1]).not.toBe(codes[1]?.[1])
  })
})
