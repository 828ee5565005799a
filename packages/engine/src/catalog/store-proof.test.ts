import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { describe, expect, it, onTestFinished } from 'vitest'

import { LocalStorage } from './local-storage.ts'
import { leaveProbe, removeProbe, seesProbe } from './store-proof.ts'

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'pipewright-probe-'))
  onTestFinished(async () => rm(made, { recursive: true, force: true }))
  return made
}

const first = { id: 'store', token: 'first' }

describe('a probe', () => {
  it('is seen by whoever has the same store, and by nobody else', async () => {
    const path = await folder()
    await leaveProbe(new LocalStorage(path), first)
    expect(await seesProbe(new LocalStorage(path), first)).toBe(true)
    expect(await seesProbe(new LocalStorage(await folder()), first)).toBe(false)
    expect(await seesProbe(new LocalStorage(path), { ...first, id: 'other' })).toBe(false)
  })

  it('is not in a copy of the store that was made before it', async () => {
    const [path, copy] = [await folder(), await folder()]
    await leaveProbe(new LocalStorage(path), first)
    await cp(path, copy, { recursive: true })
    const second = { id: 'store', token: 'second' }
    await leaveProbe(new LocalStorage(path), second)
    expect(await seesProbe(new LocalStorage(copy), first)).toBe(true)
    expect(await seesProbe(new LocalStorage(copy), second)).toBe(false)
  })

  it('is gone when it is removed', async () => {
    const storage = new LocalStorage(await folder())
    await leaveProbe(storage, first)
    await removeProbe(storage, first)
    expect(await seesProbe(storage, first)).toBe(false)
  })
})
