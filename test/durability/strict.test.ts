import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { connect, type Client } from '@pipewright/engine/client'
import { keys, type DurabilityOptions } from '@pipewright/engine/internal'
import { Redis } from 'ioredis'
import { openRedis } from 'pipewright/embedded'
import { describe, expect, it, onTestFinished, vi } from 'vitest'

import { until } from '../support/projects.ts'
import { startRedis, uniquePrefix, type PrivateRedis } from '../support/redis.ts'
import { shape, statusesOf, workbench } from '../support/workbench.ts'

const chain = shape('chain', { a: [], b: ['a'] })

interface Server extends PrivateRedis {
  readonly redis: Redis
  readonly client: (options?: DurabilityOptions) => Promise<Client>
  /** Calls of a command since the start. */
  readonly calls: (command: string) => Promise<number>
}

async function server(...settings: readonly string[]): Promise<Server> {
  const started = await startRedis(settings)
  const redis = new Redis(started.url, { maxRetriesPerRequest: null, replyMapping: 'legacy' })
  redis.on('error', () => undefined)
  const clients: Client[] = []
  onTestFinished(async () => {
    await Promise.all(clients.map(async (client) => client.close()))
    redis.disconnect()
    await started.stop()
  })
  const own = {
    redis,
    async client(options: DurabilityOptions = { durability: 'strict' }) {
      const client = await connect({
        redis: started.url,
        prefix: uniquePrefix('strict'),
        ...options,
      })
      clients.push(client)
      return client
    },
    async calls(command: string) {
      const info = await redis.info('commandstats')
      return Number(new RegExp(`^cmdstat_${command}:calls=(\\d+)`, 'm').exec(info)?.[1] ?? 0)
    },
  }
  // `pid` and the like are read when they are asked for.
  return Object.assign(Object.create(started) as PrivateRedis, own)
}

/** Copies to a new replica at once. */
const soon = ['--repl-diskless-sync-delay', '0']

async function inStep({ redis }: Server): Promise<void> {
  await until('the replica to be in step', async () =>
    (await redis.info('replication')).includes('master_link_status:up'),
  )
}

const unavailable = { code: 'DURABILITY_UNAVAILABLE', name: 'InfrastructureError' }
const unconfirmed = { code: 'DURABILITY_UNCONFIRMED', name: 'InfrastructureError' }

describe('durability: strict', () => {
  it.each([
    ['without an append-only file', ['--appendonly', 'no'], 'no append-only file'],
    ['that leaves its file to the system', ['--appendfsync', 'no'], 'never synced'],
  ])('is refused on a server %s, before anything is written', async (_, settings, lack) => {
    const { client, redis, url } = await server(...settings)
    await expect(client()).rejects.toMatchObject({
      ...unavailable,
      message: expect.stringContaining(lack) as unknown,
      hint: expect.stringContaining('Any one of three') as unknown,
    })
    const bench = await workbench({ pipelines: [chain.pipeline], url })
    await expect(bench.work({ durability: 'strict' })).rejects.toMatchObject(unavailable)
    expect(await redis.dbsize()).toBe(0)
  })

  it('needs no barrier where each reply is sent after the sync', async () => {
    const { url, calls } = await server('--appendfsync', 'always')
    const bench = await workbench({ pipelines: [chain.pipeline], url, durability: 'strict' })
    await bench.work({ durability: 'strict' })
    const run = await bench.client.enqueue(chain.pipeline)
    expect((await run.wait({ timeout: 20_000 })).status).toBe('succeeded')
    expect(await bench.redis.exists(keys.barrier(bench.prefix))).toBe(0)
    expect(await calls('wait')).toBe(0)
  })

  it('lets all who write at the same time share one barrier', async () => {
    const { client, calls } = await server()
    const strict = await client()
    await strict.enqueue(chain.pipeline)
    const before = await calls('ping')
    const runs = await Promise.all(
      Array.from({ length: 200 }, async () => strict.enqueue(chain.pipeline)),
    )
    expect(new Set(runs.map(({ id }) => id)).size).toBe(200)
    // Each barrier asks for one turn of the server's loop.
    expect((await calls('ping')) - before).toBeLessThanOrEqual(20)
  })

  it('finds the run of the same key after an enqueue that was not confirmed', async () => {
    const { client, redis } = await server()
    const strict = await client()
    const enqueued = strict.enqueue(chain.pipeline, { key: 'once' })
    enqueued.catch(() => undefined)
    await until('the run to be written', async () => (await redis.keys('*:run:*')).length > 0)
    await redis.config('SET', 'appendonly', 'no')
    await expect(enqueued).rejects.toMatchObject({
      ...unconfirmed,
      hint: expect.stringContaining('same "key"') as unknown,
    })
    // Known beforehand now, so that nothing is written.
    await expect(strict.enqueue(chain.pipeline)).rejects.toMatchObject(unavailable)
    await redis.config('SET', 'appendonly', 'yes')
    const run = await strict.enqueue(chain.pipeline, { key: 'once' })
    expect((await strict.runs.newest()).map(({ id }) => id)).toEqual([run.id])
  })

  it('holds a commit that cannot be confirmed, for longer than a lease, and fails no node', async () => {
    const { url, redis } = await server()
    const bench = await workbench({ pipelines: [chain.pipeline], url })
    const { calls: bodies } = chain
    const before = { ...bodies }
    await bench.work({ durability: 'strict', lease: 1000, checkEvery: 200 })
    const run = await bench.client.enqueue(chain.pipeline)
    await until('a to be committed', async () => (await statusesOf(run))['a'] === 'succeeded')
    await redis.config('SET', 'appendonly', 'no')
    const lock = `${keys.queuePrefix(bench.prefix)}:default`
    const locks = async (): Promise<string[]> => redis.keys(`${lock}:*:lock`)
    const held = await locks()
    expect(held).toHaveLength(1)
    // The lease of what came with the commit is renewed, again and again.
    const key = held[0] ?? ''
    for (let renewals = 0, left = await redis.pttl(key); renewals < 6;) {
      const now = await redis.pttl(key)
      expect(now).toBeGreaterThan(0)
      if (now > left) renewals += 1
      left = now
    }
    expect(await statusesOf(run)).toEqual({ a: 'succeeded', b: 'pending' })
    await redis.config('SET', 'appendonly', 'yes')
    expect((await run.wait({ timeout: 20_000 })).status).toBe('succeeded')
    const events = await bench.events()
    expect(events.filter(({ type }) => /lost|retrying/.test(type))).toEqual([])
    expect({ a: bodies['a'], b: bodies['b'] }).toEqual({
      a: (before['a'] ?? 0) + 1,
      b: (before['b'] ?? 0) + 1,
    })
  })

  it('asks a user who may not read settings for a trial', async () => {
    const { url, redis } = await server()
    await redis.call('ACL', 'SETUSER', 'plain', 'on', '>secret', '~*', '+@all', '-config')
    const address = url.replace('redis://', 'redis://plain:secret@')
    const strict = await connect({ redis: address, prefix: uniquePrefix(), durability: 'strict' })
    onTestFinished(async () => strict.close())
    await strict.enqueue(chain.pipeline)
    await redis.config('SET', 'appendfsync', 'no')
    const again = connect({ redis: address, prefix: uniquePrefix(), durability: 'strict' })
    await expect(again).rejects.toMatchObject(unavailable)
  })
})

describe('the embedded Redis of a project', () => {
  it('can be started so that strict needs no barrier', async () => {
    vi.stubEnv('REDIS_URL', undefined)
    const root = await mkdtemp(join(tmpdir(), 'pipewright-embedded-'))
    const opened = await openRedis({ root, sync: 'always' })
    onTestFinished(async () => {
      vi.unstubAllEnvs()
      await opened.close()
      await rm(root, { recursive: true, force: true })
    })
    const redis = new Redis(opened.url, { replyMapping: 'legacy' })
    expect(await redis.config('GET', 'appendfsync')).toEqual(['appendfsync', 'always'])
    redis.disconnect()
  })
})

describe('durability: strict with replicas', () => {
  it('returns when a replica has it, also without a file, and not while none is there', async () => {
    const { client, port, calls } = await server('--appendonly', 'no', ...soon)
    const alone = await client({ durability: 'strict', replicas: 1 })
    await expect(alone.enqueue(chain.pipeline)).rejects.toMatchObject({
      ...unconfirmed,
      message: expect.stringContaining('0 of 1 replicas') as unknown,
    })
    const replica = await server('--replicaof', `127.0.0.1 ${port}`)
    await inStep(replica)
    const run = await alone.enqueue(chain.pipeline)
    expect(await replica.redis.keys(`*:run:${run.id}`)).toHaveLength(1)
    expect(await calls('wait')).toBeGreaterThan(0)
  })

  it('does again on a promoted replica what the old server took with it', async () => {
    const primary = await server(...soon)
    const replica = await server('--replicaof', `127.0.0.1 ${primary.port}`)
    await inStep(replica)
    const strict = await primary.client()
    const enqueued = strict.enqueue(chain.pipeline)
    await until('it to be written', async () => (await primary.redis.keys('*:run:*')).length > 0)
    // The same process goes on with another history.
    await primary.redis.call('REPLICAOF', '127.0.0.1', replica.port)
    await primary.redis.call('REPLICAOF', 'NO', 'ONE')
    const run = await enqueued
    expect(await primary.redis.keys(`*:run:${run.id}`)).toHaveLength(1)
  })
})
