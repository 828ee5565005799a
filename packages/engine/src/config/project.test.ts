import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { findProject } from './find-project.ts'
import { loadProject } from './load-project.ts'

let root = ''

beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'pipewright-project-')))
})
afterEach(async () => {
  await rm(root, { recursive: true, force: true })
})

/** Loads a project of this source text. */
async function load(source: string): Promise<unknown> {
  const file = join(root, 'pipewright.config.mjs')
  await writeFile(file, source)
  return await loadProject({ root, file })
}

describe('findProject', () => {
  test.each(['pipewright.config.ts', 'pipewright.config.js', 'pipewright.config.mjs'])(
    'finds %s above the folder',
    async (name) => {
      await mkdir(join(root, 'a', 'b'), { recursive: true })
      await writeFile(join(root, name), '')
      expect(await findProject(join(root, 'a', 'b'))).toEqual({ root, file: join(root, name) })
    },
  )

  test('takes the nearest, and a folder of that name for nothing', async () => {
    await mkdir(join(root, 'a', 'pipewright.config.ts'), { recursive: true })
    await writeFile(join(root, 'a', 'pipewright.config.mjs'), '')
    await writeFile(join(root, 'pipewright.config.ts'), '')
    expect((await findProject(join(root, 'a'))).file).toBe(join(root, 'a', 'pipewright.config.mjs'))
  })

  test('says what to do when there is none', async () => {
    await expect(findProject(root)).rejects.toMatchObject({
      code: 'PROJECT_NOT_FOUND',
      message: expect.stringContaining(root),
      hint: expect.stringContaining('pipewright init'),
    })
  })
})

describe('loadProject', () => {
  test('gives the default export, also of another copy of the package', async () => {
    expect(
      await load('export default { pipelines: [{ name: "a", nodes: [] }], hooks: [] }'),
    ).toMatchObject({
      pipelines: [{ name: 'a' }],
    })
  })

  test.each([
    ['no default export', 'export const project = 1', 'no default export'],
    ['another default export', 'export default { pipelines: "all" }', 'something else'],
    [
      'pipelines that are none',
      'export default { pipelines: [null], hooks: [] }',
      'something else',
    ],
  ])('refuses %s', async (_, source, message) => {
    await expect(load(source)).rejects.toMatchObject({
      code: 'PROJECT_INVALID',
      message: expect.stringContaining(message),
      hint: expect.stringContaining('defineProject'),
    })
  })

  test('says what the project threw', async () => {
    await expect(load('throw new TypeError("no such thing")')).rejects.toMatchObject({
      code: 'PROJECT_FAILED',
      message: expect.stringContaining('TypeError: no such thing'),
      cause: expect.any(TypeError),
    })
  })

  test('says which import is missing', async () => {
    await expect(load('import "./pipelines/none.ts"')).rejects.toMatchObject({
      code: 'PROJECT_FAILED',
      message: expect.stringContaining('none.ts'),
    })
  })
})
