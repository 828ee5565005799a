import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, it } from 'vitest'

import { parseStatus, stateOfBuild } from './git-state.ts'
import { runOrigin } from './run-origin.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'origin-'))
})
afterEach(() => rm(folder, { recursive: true }))

function git(...args: readonly string[]): string {
  const who = ['-c', 'user.name=n', '-c', 'user.email=n@example.org', '-c', 'commit.gpgsign=false']
  return execFileSync('git', [...who, ...args], { cwd: folder, encoding: 'utf8' }).trim()
}

it('the origin names commit, branch, user, lockfile and versions, and whether files differ from the commit', async () => {
  git('init', '-q', '-b', 'main')
  await writeFile(join(folder, 'package-lock.json'), '{}')
  git('add', '.')
  git('commit', '-q', '-m', 'first')
  const clean = await runOrigin({ root: folder, command: 'nightly' })
  expect(clean).toEqual({
    'mlflow.user': userInfo().username,
    'mlflow.source.git.commit': git('rev-parse', 'HEAD'),
    'mlflow.source.git.branch': 'main',
    'pipewright.git.dirty': 'false',
    'pipewright.lockfile': 'package-lock.json sha256:44136fa355b3678a',
    'pipewright.version': expect.stringMatching(/^\d/) as string,
    'pipewright.nodejs': process.versions.node,
    'pipewright.command': 'nightly',
  })
  await writeFile(join(folder, 'package-lock.json'), '{ }')
  const changed = await runOrigin({ root: folder })
  expect(changed['pipewright.git.dirty']).toBe('true')
  expect(changed['pipewright.lockfile']).not.toBe(clean['pipewright.lockfile'])
  expect(changed).not.toHaveProperty('pipewright.command')
})

it('a folder without a repository, or with one that has no commit, tells nothing of git', async () => {
  expect(await runOrigin({ root: join(folder, 'missing') })).not.toHaveProperty(
    'pipewright.git.dirty',
  )
  git('init', '-q')
  expect(await runOrigin({ root: folder })).not.toHaveProperty('pipewright.git.dirty')
})

it('a checkout without a branch has none', () => {
  const commit = 'a'.repeat(40)
  expect(parseStatus(`# branch.oid ${commit}\n# branch.head (detached)\n1 .M N... file\n`)).toEqual(
    {
      commit,
      branch: undefined,
      dirty: true,
    },
  )
})

it('in an image the variables of the build tell the commit', () => {
  expect(stateOfBuild({ GITHUB_SHA: 'abc', GITHUB_REF_NAME: 'main' })).toEqual({
    commit: 'abc',
    branch: 'main',
    dirty: undefined,
  })
  expect(stateOfBuild({})).toBeUndefined()
})
