import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

import { unpackModel } from '@pipewright/engine/model'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { offers, packedPrices } from './packed-prices.ts'

const main = join(import.meta.dirname, '../../packages/cli/src/main.ts')
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pipewright-serve-'))
  await unpackModel(await packedPrices(), join(folder, 'prices'))
})
afterAll(() => rm(folder, { recursive: true }))

describe('pipewright models serve', () => {
  it('serves a folder outside of any project, until it is told to end', async () => {
    const child = spawn(
      process.execPath,
      ['--conditions=@pipewright/source', main, 'models', 'serve', 'prices', '--port', '0'],
      { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] },
    )
    const ended = once(child, 'exit')
    let address: string | undefined
    for await (const line of createInterface({ input: child.stderr })) {
      address = /^serves \S+ at (?<address>\S+)/.exec(line)?.groups?.['address']
      if (address !== undefined) break
    }
    const answer = await fetch(address ?? '', {
      method: 'POST',
      body: JSON.stringify({ dataframe_records: offers(2) }),
      headers: { 'content-type': 'application/json' },
    })
    expect(answer.status).toBe(200)
    expect(await answer.json()).toMatchObject({
      predictions: [{ isKnown: false }, { isKnown: true }],
    })
    child.kill('SIGTERM')
    expect(await ended).toEqual([0, null])
  })

  it('refuses what names no model', async () => {
    const child = spawn(
      process.execPath,
      ['--conditions=@pipewright/source', main, 'models', 'serve', 'models:/prices', '--json'],
      { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] },
    )
    const ended = once(child, 'exit')
    let said = ''
    for await (const chunk of child.stderr) said += String(chunk)
    for await (const chunk of child.stdout) said += String(chunk)
    expect(said).toContain('INVALID_MODEL_URI')
    expect(await ended).toEqual([2, null])
  })
})
