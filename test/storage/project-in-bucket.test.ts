import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { connect, type Client } from '@pipewright/engine/client'
import { openStorage, Secret, type Storage } from '@pipewright/engine/internal'
import { openResults } from '@pipewright/engine/results'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { removePrefix, sharedRedisUrl, uniquePrefix } from '../support/redis.ts'
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts'
import { startBucketServer, type BucketServer } from './bucket-servers.ts'
import { model, training } from './project/pipelines.ts'

const isAsked = process.env['PIPEWRIGHT_TEST_BUCKETS'] === '1'
const rows = Array.from({ length: 2000 }, (_, day) => `${day},${(day % 7) + 0.5}`)

describe.skipIf(!isAsked)('a project whose store and catalog lie in a bucket', () => {
  const prefix = uniquePrefix('bucket')
  const redis = sharedRedisUrl()
  const workers: WorkerProcess[] = []
  const roots: string[] = []
  let server: BucketServer
  let client: Client
  let bucket: Storage

  /** A machine with the project on it, and a worker. */
  async function machine(name: string): Promise<void> {
    const root = await mkdtemp(join(tmpdir(), 'pipewright-bucket-'))
    roots.push(root)
    const config = JSON.stringify(join(import.meta.dirname, 'project', 'pipewright.config.ts'))
    await mkdir(join(root, 'conf', 'base'), { recursive: true })
    // The machine has its secrets in variables.
    const settings = Object.entries(server.credentials).map(([key, value], index) => [
      key,
      `BUCKET_${index}`,
      String(value),
    ])
    const files = {
      'pipewright.config.ts': `export { default } from ${config}\n`,
      'conf/base/pipewright.yml': `store: { url: ${server.address}/store, credentials: bucket }\n`,
      'conf/base/catalog.yml': `
days: { type: csv, filepath: ${server.address}/raw/days.csv, credentials: bucket }
model: { type: json, filepath: ${server.address}/models/model.json, versioned: true, credentials: bucket }
`,
      'conf/base/credentials.yml': `bucket:\n${settings.map(([key, variable]) => `  ${key}: "\${oc.env:${variable}}"`).join('\n')}\n`,
    }
    for (const [file, text] of Object.entries(files)) await writeFile(join(root, file), text)
    const env = Object.fromEntries(
      settings.map(([, variable = '', value = '']) => [variable, value]),
    )
    workers.push(await startWorkerProcess({ root, redis, prefix, name, env }))
  }

  beforeAll(async () => {
    server = await startBucketServer('s3')
    bucket = openStorage(server.address, '/', { credentials: () => new Secret(server.credentials) })
    await bucket.write('raw/days.csv', Buffer.from(`day,wind\n${rows.join('\n')}\n`))
    client = await connect({ redis, prefix })
    await Promise.all([machine('one'), machine('two')])
  }, 300_000)
  afterAll(async () => {
    await Promise.all(workers.map(async (worker) => worker.kill()))
    await client?.close()
    await removePrefix(redis, prefix)
    await server?.close()
    await Promise.all(roots.map(async (root) => rm(root, { recursive: true, force: true })))
  })

  it('runs on two machines that share nothing else', async () => {
    const runs = await Promise.all(
      Array.from({ length: 6 }, async (_, index) =>
        client.enqueue(training, { params: { train: { scale: index + 1 } } }),
      ),
    )
    const ends = await Promise.all(runs.map(async (run) => run.wait({ timeout: 60_000 })))
    expect(ends.map(({ status, error }) => error ?? status)).toEqual(runs.map(() => 'succeeded'))
    const { address, credentials } = server
    const results = openResults({ store: `${address}/store`, credentials })
    for (const run of runs) {
      expect(await results.output(run, model)).toMatchObject({ days: 2000 })
      expect(await results.output(run, 'features')).toHaveLength(2000)
    }
    expect(await bucket.list('models')).toHaveLength(6)
    expect(await bucket.list('store/runs')).toHaveLength(6)
    const names = new Set(
      (await Promise.all(runs.map(async (run) => run.nodes())))
        .flat()
        .map(({ record }) => record?.worker),
    )
    expect(names).toEqual(new Set(['one', 'two']))
  }, 180_000)

  it('is rid of what runs left when they are pruned', async () => {
    const pruned = await client.prune({
      store: openStorage(`${server.address}/store`, '/', {
        credentials: () => new Secret(server.credentials),
      }),
    })
    expect(pruned).toMatchObject({ files: 6 })
    expect(await bucket.list('store/runs')).toEqual([])
    expect(await bucket.list('models')).toHaveLength(6)
  })
})
