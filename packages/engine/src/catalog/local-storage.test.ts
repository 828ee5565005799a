import { mkdir, mkdtemp, readdir, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { storageConformance } from '../testing/storage-conformance.ts'
import { LocalStorage } from './local-storage.ts'
import { openStorage } from './open-storage.ts'

let folder = ''

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'pipewright-storage-')))
})
afterEach(async () => {
  await rm(folder, { recursive: true, force: true })
})

describe('a local storage', () => {
  const suite = storageConformance({
    open: async () => new LocalStorage(join(await mkdtemp(join(folder, 'root-')), 'store')),
    close: async (storage) => {
      await rm(fileURLToPath(storage.url), { recursive: true, force: true })
    },
  })
  test.each(suite)('$name', async ({ run }) => {
    await expect(run()).resolves.toBeUndefined()
  })

  test('refuses a folder that is a link out of the root, for reading and writing', async () => {
    await mkdir(join(folder, 'outside'))
    await writeFile(join(folder, 'outside', 'secret'), 'secret')
    await mkdir(join(folder, 'store'))
    await symlink(join(folder, 'outside'), join(folder, 'store', 'link'))
    await symlink('..', join(folder, 'store', 'up'))
    const storage = new LocalStorage(join(folder, 'store'))
    const refusal = expect.objectContaining({ code: 'STORAGE_PATH_REFUSED' })
    await expect(storage.read('link/secret')).rejects.toEqual(refusal)
    await expect(storage.write('link/new', new Uint8Array())).rejects.toEqual(refusal)
    await expect(storage.write('link/new/deeper', new Uint8Array())).rejects.toEqual(refusal)
    await expect(storage.remove('up/outside/secret')).rejects.toEqual(refusal)
    await expect(storage.exists('up/outside/secret')).rejects.toEqual(refusal)
    await expect(storage.list('link')).rejects.toEqual(refusal)
    expect(await readdir(join(folder, 'outside'))).toEqual(['secret'])
  })

  test('refuses to read through a file that is a link, and replaces it in writing', async () => {
    await writeFile(join(folder, 'secret'), 'secret')
    await mkdir(join(folder, 'store'))
    await symlink(join(folder, 'secret'), join(folder, 'store', 'a'))
    const storage = new LocalStorage(join(folder, 'store'))
    await expect(storage.read('a')).rejects.toMatchObject({ code: 'STORAGE_PATH_REFUSED' })
    expect(await storage.exists('a')).toBe(false)
    await storage.write('a', Buffer.from('ours'))
    expect(String(Buffer.from((await storage.read('a')) ?? []))).toBe('ours')
  })

  test('may itself lie behind a link', async () => {
    await mkdir(join(folder, 'disk'))
    await symlink(join(folder, 'disk'), join(folder, 'store'))
    const storage = new LocalStorage(join(folder, 'store'))
    await storage.write('a/b', Buffer.from('x'))
    expect(await storage.list('')).toEqual(['a/b'])
  })

  test('writes again into a folder that was removed after its first use', async () => {
    const storage = new LocalStorage(join(folder, 'store'))
    await storage.write('runs/r1/a', Buffer.from('x'))
    await rm(join(folder, 'store', 'runs'), { recursive: true })
    await storage.write('runs/r1/b', Buffer.from('y'))
    expect(await storage.list('')).toEqual(['runs/r1/b'])
  })

  test('does not list what a crashed write left behind, nor lets it be written', async () => {
    const left = '.pipewright-0123456789abcdef.staged'
    await mkdir(join(folder, 'store'))
    await writeFile(join(folder, 'store', left), 'half')
    const storage = new LocalStorage(join(folder, 'store'))
    expect(await storage.list('')).toEqual([])
    await expect(storage.write(left, new Uint8Array())).rejects.toMatchObject({
      code: 'STORAGE_PATH_REFUSED',
    })
  })

  test('says what failed and where when the disk refuses', async () => {
    await writeFile(join(folder, 'store'), 'a file in place of the folder')
    const storage = new LocalStorage(join(folder, 'store'))
    await expect(storage.write('a', new Uint8Array())).rejects.toMatchObject({
      code: 'STORAGE_FAILED',
      message: expect.stringContaining(join(folder, 'store')),
    })
  })
})

describe('openStorage', () => {
  test('takes plain paths from the root, absolute ones and file addresses', () => {
    expect(openStorage('.pipewright/store', folder).url).toBe(`file://${folder}/.pipewright/store`)
    expect(openStorage('/data/store', folder).url).toBe('file:///data/store')
    expect(openStorage('file:///data/a%20b', folder).url).toBe('file:///data/a%20b')
  })

  test('refuses a scheme for which there is no storage', () => {
    expect(() => openStorage('ftp://host/store', folder)).toThrow(
      expect.objectContaining({ code: 'STORAGE_UNSUPPORTED' }),
    )
  })
})
