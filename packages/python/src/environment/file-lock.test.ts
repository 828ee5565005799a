import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { withFileLock } from './file-lock.ts'

let directory: string
let path: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pipewright-lock-'))
  path = join(directory, 'one.lock')
})
afterEach(() => rm(directory, { recursive: true }))

describe('withFileLock', () => {
  it('lets one at a time in', async () => {
    let inside = 0
    let most = 0
    const enter = async (): Promise<void> => {
      most = Math.max(most, ++inside)
      await new Promise(setImmediate)
      inside--
    }
    await Promise.all(Array.from({ length: 8 }, () => withFileLock(path, enter)))
    expect(most).toBe(1)
    expect(await readdir(directory)).toEqual([])
  })

  it('gives the lock back when the action throws', async () => {
    const failed = withFileLock(path, () => Promise.reject(new Error('broken')))
    await expect(failed).rejects.toThrow('broken')
    expect(await withFileLock(path, () => Promise.resolve('in'))).toBe('in')
  })

  it('takes over the lock of a dead process at once, and only one of many does', async () => {
    await writeFile(
      path,
      JSON.stringify({ pid: process.pid, identity: 'another process of this id' }),
    )
    let inside = 0
    let most = 0
    const enter = async (): Promise<void> => {
      most = Math.max(most, ++inside)
      await new Promise(setImmediate)
      inside--
    }
    await Promise.all(Array.from({ length: 8 }, () => withFileLock(path, enter)))
    expect(most).toBe(1)
  })

  it('takes over a lock file whose writer died before it wrote', async () => {
    await writeFile(path, '')
    const past = new Date(Date.now() - 60_000)
    await utimes(path, past, past)
    expect(await withFileLock(path, () => Promise.resolve('in'))).toBe('in')
  })

  it('ends the wait when the signal aborts, and says once that it waits', async () => {
    const abort = new AbortController()
    let waits = 0
    const outcome = await withFileLock(path, () =>
      withFileLock(path, () => Promise.resolve('in'), {
        signal: abort.signal,
        onWait() {
          waits++
          abort.abort(new Error('enough'))
        },
      }).catch((error: unknown) => error),
    )
    expect(outcome).toBeInstanceOf(Error)
    expect(waits).toBe(1)
  })
})
