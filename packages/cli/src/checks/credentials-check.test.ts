import { execFileSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { loadConfig } from '@pipewright/engine/internal'
import { afterEach, beforeEach, expect, it } from 'vitest'

import type { Check } from './check.ts'
import { checkCredentials } from './credentials-check.ts'

let root = ''
const file = 'conf/local/credentials.yml'

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'pipewright-doctor-'))
  await mkdir(join(root, 'conf/local'), { recursive: true })
})
afterEach(() => rm(root, { recursive: true }))

async function check(text: string, mode: number): Promise<Check | undefined> {
  await writeFile(join(root, file), text)
  await chmod(join(root, file), mode)
  const [found] = await checkCredentials({ root, config: await loadConfig({ root }) })
  return found
}

const secret = 'db: { password: s3cr3t }\n'

it('credentials that other users can read are worth a warning', async () => {
  expect(await check(secret, 0o600)).toMatchObject({ name: file, state: 'ok' })
  expect(await check(secret, 0o640)).toMatchObject({
    state: 'warn',
    advice: expect.stringContaining('chmod 600'),
  })
})

it('so are those that git has, unless they only refer to the environment', async () => {
  await check(secret, 0o600)
  execFileSync('git', ['init', '-q'], { cwd: root })
  expect(await check(secret, 0o600)).toMatchObject({ state: 'ok' })
  execFileSync('git', ['add', '-f', file], { cwd: root })
  expect(await check(secret, 0o600)).toMatchObject({
    state: 'warn',
    text: expect.stringMatching(/^git/),
  })
  expect(await check('db: { password: "${oc.env:DB}" }\n', 0o644)).toMatchObject({ state: 'ok' })
})

it('a project without them has nothing to hear', async () => {
  expect(await checkCredentials({ root, config: await loadConfig({ root }) })).toEqual([])
})
