import { cp, mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { nodeReasonText } from '@pipewright/engine/client'
import { DatasetStore, keys, openStorage, StoreRecord } from '@pipewright/engine/internal'
import { describe, expect, it, onTestFinished } from 'vitest'

import { shape, workbench, type Workbench } from '../support/workbench.ts'

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'pipewright-store-'))
  onTestFinished(async () => rm(made, { recursive: true, force: true }))
  return made
}

function storeAt(root: string): DatasetStore {
  return new DatasetStore({ catalog: {}, root, storage: openStorage('store', root) })
}

async function record(bench: Workbench): Promise<StoreRecord> {
  return StoreRecord.parse(JSON.parse((await bench.redis.get(keys.store(bench.prefix))) ?? ''))
}

/** Names of the workers, and what keeps each from claiming. */
async function problems(bench: Workbench): Promise<Readonly<Record<string, string | undefined>>> {
  const workers = await bench.client.workers()
  return Object.fromEntries(workers.map(({ name, problem }) => [name, problem?.code]))
}

describe('workers', () => {
  it('that have one store prove it and work, also when they start together', async () => {
    const { pipeline } = shape('shared', { a: [] })
    const bench = await workbench({ pipelines: [pipeline] })
    const names = ['w1', 'w2', 'w3', 'w4']
    await Promise.all(names.map(async (name) => bench.work({ name })))
    await expect
      .poll(async () => problems(bench))
      .toEqual({ w1: undefined, w2: undefined, w3: undefined, w4: undefined })
    const { id } = await record(bench)
    const workers = await bench.client.workers()
    expect(new Set(workers.map(({ store }) => store))).toEqual(new Set([id]))
  })

  it('without the store of the others claim nothing, say so, and begin once they have it', async () => {
    const { pipeline, calls } = shape('apart', { a: [] })
    const bench = await workbench({ pipelines: [pipeline] })
    const first = await bench.work({ name: 'first', queues: ['other'] })
    const away = await folder()
    await bench.work({ name: 'apart', store: storeAt(away) })
    await expect
      .poll(async () => problems(bench))
      .toEqual({ first: undefined, apart: 'STORE_NOT_SHARED' })
    const run = await bench.client.enqueue(pipeline)
    const why = await run.why('a')
    const { host } = await record(bench)
    expect(why.reason).toMatchObject({
      kind: 'no-worker',
      queue: 'default',
      refused: [{ worker: { name: 'apart' }, problem: { code: 'STORE_NOT_SHARED' } }],
    })
    const { text } = nodeReasonText(why.reason, why.now)
    expect(text).toContain(`Worker "apart" on host ${host}`)
    expect(text).toContain(
      `what worker "first" on host ${host} left in ${openStorage('store', bench.root).url}`,
    )
    expect(calls).toEqual({})
    await cp(join(bench.root, 'store'), join(away, 'store'), { recursive: true })
    expect((await run.wait({ timeout: 20_000 })).status).toBe('succeeded')
    await expect.poll(async () => problems(bench)).toEqual({ first: undefined, apart: undefined })
    await first.stop()
  })

  it('that stop while they wait leave nothing behind', async () => {
    const bench = await workbench({ pipelines: [] })
    await bench.work({ name: 'first' })
    const apart = await bench.work({ name: 'apart', store: storeAt(await folder()) })
    await apart.stop()
    await apart.stopped
    await expect.poll(async () => problems(bench)).toEqual({ first: undefined })
  })

  it('may take another store once nobody has the old one and no run is under way', async () => {
    const { pipeline } = shape('moved', { a: [] })
    const bench = await workbench({ pipelines: [pipeline] })
    const old = await bench.work({ name: 'old' })
    const { id } = await record(bench)
    await old.stop()
    const run = await bench.client.enqueue(pipeline)
    await bench.work({ name: 'new', store: storeAt(await folder()) })
    await expect.poll(async () => problems(bench)).toEqual({ new: 'STORE_NOT_SHARED' })
    await run.cancel()
    await expect.poll(async () => problems(bench), { timeout: 10_000 }).toEqual({ new: undefined })
    expect(await record(bench)).toMatchObject({ worker: 'new' })
    expect((await record(bench)).id).not.toBe(id)
  })

  it('are not taken in by a copy of the store that was made before the last of them started', async () => {
    const bench = await workbench({ pipelines: [] })
    const first = await bench.work({ name: 'first' })
    const copy = await folder()
    await cp(join(bench.root, 'store'), join(copy, 'store'), { recursive: true })
    await first.stop()
    // The probe is new when nobody has looked at it for a while.
    const known = await record(bench)
    await bench.redis.set(keys.store(bench.prefix), JSON.stringify({ ...known, at: 0 }))
    await bench.work({ name: 'second' })
    expect((await record(bench)).id).toBe(known.id)
    await bench.work({ name: 'copied', store: storeAt(copy) })
    await expect
      .poll(async () => problems(bench))
      .toEqual({ second: undefined, copied: 'STORE_NOT_SHARED' })
  })

  it('whose store cannot be reached begin when it can', async () => {
    const bench = await workbench({ pipelines: [] })
    await bench.work({ name: 'first' })
    const store = join(bench.root, 'store')
    await rename(store, `${store}-away`)
    await bench.work({ name: 'late' })
    await expect
      .poll(async () => problems(bench))
      .toEqual({ first: undefined, late: 'STORE_NOT_SHARED' })
    await rename(`${store}-away`, store)
    await expect
      .poll(async () => problems(bench), { timeout: 10_000 })
      .toEqual({ first: undefined, late: undefined })
  })
})
