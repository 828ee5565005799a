import { dataset } from '@pipewright/engine'
import { DatasetStore, openStorage, Secret } from '@pipewright/engine/internal'
import { storageConformance } from '@pipewright/engine/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as z from 'zod'

import { startBucketServer, type BucketServer } from './bucket-servers.ts'

/** Installs three servers and moves hundreds of megabytes: minutes, so only where it is asked for. */
const isAsked = process.env['PIPEWRIGHT_TEST_BUCKETS'] === '1'
const budget = 900_000

const model = dataset('model', z.object({ weights: z.array(z.number()) }))
const place = { runId: 'r1', node: 'train', attempt: 1 }

describe.skipIf(!isAsked).each(['s3', 'gs', 'az'] as const)('%s', (scheme) => {
  let server: BucketServer
  let opened = 0

  beforeAll(async () => {
    server = await startBucketServer(scheme)
  }, budget)
  afterAll(async () => {
    await server?.close()
  })

  const open = (path = `part-${(opened += 1)}`) =>
    openStorage(`${server.address}/${path}`, '/', {
      credentials: () => new Secret(server.credentials),
    })

  /** A project with datasets in the bucket. */
  function project(): DatasetStore {
    const credentials = { get: () => new Secret(server.credentials) }
    const entry = { type: 'json', credentials: scheme, versioned: false }
    return new DatasetStore({
      catalog: {
        model: { ...entry, filepath: `${server.address}/c/model.json`, versioned: true },
        plain: { ...entry, filepath: `${server.address}/c/plain.json` },
      },
      root: '/',
      storage: open('store'),
      access: { credentials },
    })
  }

  it.each(storageConformance({ open: async () => open(), close: async () => undefined }))(
    '$name',
    async ({ run }) => {
      await expect(run()).resolves.toBeUndefined()
    },
    budget,
  )

  it('keeps runs and versions, as a folder does', async () => {
    const store = project()
    const weights = Array.from({ length: 2000 }, (_, index) => index)
    const first = await store.save(model, { weights }, place)
    expect(first.uri).toBeDefined()
    expect(await store.load(model, first)).toEqual({ weights })
    expect(await store.runFiles.measure('r1')).toEqual({ files: 1, bytes: first.bytes })

    const early = '2026-11-23T16.44.18.123Z'
    const late = '2026-11-24T03.00.02.871Z'
    const path = await store.publish(first, early)
    expect(path).toBe(`${server.address}/c/model.json/${early}/model.json`)
    expect(await store.publish(first, early)).toBe(path)
    const second = await store.save(model, { weights: [1] }, { ...place, attempt: 2 })
    await expect(store.publish(second, early)).rejects.toMatchObject({
      code: 'DATASET_VERSION_EXISTS',
    })
    await store.publish(second, late)
    expect(await store.versions('model')).toEqual([late, early])
    expect(await store.loadFromCatalog(model)).toEqual({ weights: [1] })

    const plain = dataset('plain', z.number())
    await expect(store.loadFromCatalog(plain)).rejects.toMatchObject({ code: 'DATASET_NOT_FOUND' })
    await store.publish(await store.save(plain, 7, place), early)
    const { value, read } = await store.readFromCatalog(plain)
    expect({ value, path: read.path }).toEqual({ value: 7, path: `${server.address}/c/plain.json` })

    await store.runFiles.remove('r1')
    await expect(store.load(model, first)).rejects.toMatchObject({ code: 'DATASET_NOT_FOUND' })
  })

  it('tells a bucket that is not there from an object that is not', async () => {
    const { credentials } = server
    const elsewhere = openStorage(`${scheme}://no-such-bucket/a`, '/', {
      credentials: () => new Secret(credentials),
    })
    // The emulator of GCS says the same of both when they are read.
    const reading = scheme === 'gs' ? elsewhere.list('b') : elsewhere.read('b')
    await expect(reading).rejects.toMatchObject({ code: 'STORAGE_DENIED' })
    await expect(elsewhere.write('b', Buffer.from('x'))).rejects.toMatchObject({
      code: 'STORAGE_DENIED',
    })
  })

  it(
    'says that nobody listens, and that to try again is safe',
    async () => {
      const dead = JSON.parse(
        JSON.stringify(server.credentials).replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:9'),
      ) as Record<string, unknown>
      const storage = openStorage(server.address, '/', { credentials: () => new Secret(dead) })
      await expect(storage.read('a')).rejects.toMatchObject({
        code: 'STORAGE_FAILED',
        message: expect.stringContaining(`${server.address}/a`),
      })
    },
    budget,
  )
})
