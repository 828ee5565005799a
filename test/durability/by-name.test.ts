import { dataset, node, param, pipeline, type Pipeline } from '@pipewright/engine'
import { connect, type Client } from '@pipewright/engine/client'
import { keys, sweepPlans } from '@pipewright/engine/internal'
import { describe, expect, it, onTestFinished } from 'vitest'
import * as z from 'zod'

import { testProject } from '../support/projects.ts'
import { workbench, type Workbench } from '../support/workbench.ts'

const used = dataset('used', z.record(z.string(), z.unknown()))
const seed = param('seed', z.int().default(1))

const training = pipeline(
  'training',
  [
    node({
      name: 'train',
      inputs: {},
      outputs: { used },
      params: {
        epochs: z.int().min(1).default(20),
        since: z.string(),
        width: z.string().default('3').transform(Number),
        note: z.string().optional(),
        seed,
      },
      isolation: 'inline',
      run: (_, { params }) => ({ used: params }),
    }),
  ],
  { tags: { team: 'rain' }, concurrency: { perKey: 2 } },
)

/** A bench with a worker that has published, and a client that knows no code. */
async function published(
  pipelines: readonly Pipeline[] = [training],
  configured: Readonly<Record<string, unknown>> = { train: { epochs: 30, unheard: 1 } },
): Promise<{ readonly bench: Workbench; readonly service: Client }> {
  const bench = await workbench({ pipelines, configured })
  await bench.work()
  const service = await connect({ redis: bench.url, prefix: bench.prefix })
  onTestFinished(() => service.close())
  return { bench, service }
}

const concurrencyKey = 'customer-1'

describe('a pipeline that a worker has published', () => {
  it('runs by its name, with the params that the same request by value would have', async () => {
    const { bench, service } = await published()
    const options = { params: { train: { since: '2015' }, seed: 7 }, concurrencyKey }
    const run = await service.enqueue('training', { ...options, tags: { by: 'name' }, key: 'one' })
    const ended = await run.wait({ timeout: 20_000 })
    expect(ended).toMatchObject({
      status: 'succeeded',
      tags: { team: 'rain', by: 'name' },
      params: { 'train.epochs': 30, 'train.since': '2015', 'train.width': '3', seed: 7 },
    })
    // the same key and request by value: no KEY_CONFLICT, so nothing differs
    const configured = { train: { epochs: 30 } }
    const same = await bench.client.enqueue(training, { ...options, configured, key: 'one' })
    expect(same.id).toBe(run.id)
  })

  it('is listed with its params as JSON Schema and the defaults of parameters.yml', async () => {
    const { service } = await published()
    const [found, ...others] = await service.pipelines()
    expect(others).toEqual([])
    expect(found).toMatchObject({
      name: 'training',
      limits: { perKey: 2 },
      tags: { team: 'rain' },
      inputs: [],
      outputs: ['used'],
      env: 'local',
      nodes: 1,
    })
    expect(found?.params).toEqual([
      {
        name: 'train.epochs',
        schema: { type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER },
        default: 30,
        nodes: ['train'],
      },
      { name: 'train.since', schema: { type: 'string' }, nodes: ['train'] },
      expect.objectContaining({ name: 'train.width' }),
      { name: 'train.note', schema: { type: 'string' }, optional: true, nodes: ['train'] },
      expect.objectContaining({ name: 'seed', default: 1 }),
    ])
  })

  it('refuses what its schemas refuse, and nothing is written', async () => {
    const { bench, service } = await published()
    const since = { 'train.since': '2015' }
    const cases: readonly (readonly [string, Readonly<Record<string, unknown>>, string])[] = [
      ['trainig', {}, 'UNKNOWN_PIPELINE'],
      ['training', {}, 'MISSING_PARAM'],
      ['training', { ...since, 'train.epochs': 0 }, 'INVALID_PARAM'],
      ['training', { ...since, 'train.epochs': 'many' }, 'INVALID_PARAM'],
      ['training', { ...since, train: { epoch: 1 } }, 'UNKNOWN_PARAM'],
    ]
    for (const [name, params, code] of cases)
      await expect(service.enqueue(name, { params, concurrencyKey })).rejects.toMatchObject({
        code,
      })
    await expect(service.enqueue('training', { params: since })).rejects.toMatchObject({
      code: 'MISSING_CONCURRENCY_KEY',
    })
    await expect(service.enqueue('trainig')).rejects.toMatchObject({
      hint: 'Did you mean "training"?',
    })
    expect(await bench.redis.exists(keys.activeRuns(bench.prefix))).toBe(0)
  })

  it('counts as the last worker published it, also for a client that used it before', async () => {
    const { bench, service } = await published()
    const options = { params: { 'train.since': '2015' }, concurrencyKey }
    const first = await service.enqueue('training', options)
    const configured = { train: { epochs: 40 } }
    await bench.work({
      publications: { pipelines: [training], configured, env: 'prod' },
    })
    const second = await service.enqueue('training', options)
    expect((await first.get()).params).toMatchObject({ 'train.epochs': 30 })
    expect(await second.get()).toMatchObject({ params: { 'train.epochs': 40 }, env: 'prod' })
  })

  it('gives one run for one key, however many services ask at once', async () => {
    const { bench, service } = await published()
    const options = { params: { 'train.since': '2015' }, concurrencyKey, key: 'once' }
    const asked = Array.from({ length: 50 }, (_, at) =>
      (at % 2 === 0 ? service : bench.client).enqueue('training', options),
    )
    const ids = new Set((await Promise.all(asked)).map(({ id }) => id))
    expect(ids.size).toBe(1)
    await expect(
      service.enqueue('training', { ...options, params: { 'train.since': '2016' } }),
    ).rejects.toMatchObject({ code: 'KEY_CONFLICT', message: expect.stringContaining('2016') })
  })

  it('keeps a key as long as its run, and longer than the run waits', async () => {
    const { bench, service } = await published()
    const options = { params: { 'train.since': '2015' }, concurrencyKey }
    const retention = { succeeded: 60_000, failed: 60_000 }
    const short = await service.enqueue('training', { ...options, key: 'short', retention })
    await service.enqueue('training', { ...options, key: 'late', delay: '30d' })
    const left = async (key: string): Promise<number> =>
      bench.redis.pttl(keys.idempotency(bench.prefix, key))
    expect(await left('late')).toBeGreaterThan(30 * 86_400_000)
    await short.wait()
    expect(await left('short')).toBeLessThanOrEqual(60_000)
  })

  it('keeps its plan although no run follows it', async () => {
    const { bench } = await published()
    expect(await sweepPlans(bench.redis, bench.prefix, -60_000)).toEqual([])
    await bench.redis.del(keys.pipelines(bench.prefix))
    expect(await sweepPlans(bench.redis, bench.prefix, -60_000)).toHaveLength(1)
  })

  it('written by another version is not guessed at', async () => {
    const { bench, service } = await published()
    await bench.redis.hset(keys.pipelines(bench.prefix), 'training', '{"version":2}')
    await expect(service.enqueue('training')).rejects.toMatchObject({ code: 'PIPELINE_UNREADABLE' })
    expect(await service.pipelines()).toEqual([])
  })
})

describe('a project with a pipeline that cannot be published', () => {
  it('publishes the others', async () => {
    const broken = pipeline('broken', [])
    const { service } = await published([broken, training])
    expect((await service.pipelines()).map(({ name }) => name)).toEqual(['training'])
  })
})

describe('a worker process of a project', () => {
  it('publishes what its project has, before it claims', async (context) => {
    const project = await testProject(context)
    await project.work()
    const names = (await project.client.pipelines()).map(({ name }) => name)
    expect(names).toEqual(expect.arrayContaining(['gated', 'neighbour', 'relay']))
    await project.open('warm')
    await project.open('neighbour')
    const run = await project.client.enqueue('neighbour')
    expect(await run.wait({ timeout: 20_000 })).toMatchObject({ status: 'succeeded', env: 'local' })
  })
})
