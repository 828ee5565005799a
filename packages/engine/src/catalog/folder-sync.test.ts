import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { syncFolder } from './folder-sync.ts'

test('many who ask at once are all answered, and so is who asks afterwards', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pipewright-sync-'))
  const all = Array.from({ length: 20 }, async () => {
    await syncFolder(folder)
  })
  await expect(Promise.all(all)).resolves.toHaveLength(20)
  await expect(syncFolder(folder)).resolves.toBeUndefined()
  await rm(folder, { recursive: true })
})

test('a sync that fails is told to each who waited for it, and to nobody later', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pipewright-sync-'))
  const gone = join(folder, 'gone')
  const results = await Promise.allSettled([syncFolder(gone), syncFolder(gone), syncFolder(gone)])
  expect(results.map((result) => result.status)).toEqual(['rejected', 'rejected', 'rejected'])
  await expect(syncFolder(folder)).resolves.toBeUndefined()
  await rm(folder, { recursive: true })
})
