import { readdir, readFile, symlink } from 'node:fs/promises'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { jsonLines, testProject, type TestProject } from './test-project.ts'

let project: TestProject
beforeAll(async () => {
  project = await testProject()
})
afterAll(() => project.dispose())

test('init makes a project that runs', async () => {
  const made = await project.pipewright('init', 'ice-cream')
  expect(made.exitCode).toBe(0)
  expect(made.stdout).toContain('npx pipewright run training')
  const root = join(project.root, 'ice-cream')
  const content = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { name: string }
  expect(content.name).toBe('ice-cream')
  expect(await readdir(root)).toContain('.gitignore')

  // Stands for "npm install".
  await symlink(join(import.meta.dirname, '..', 'node_modules'), join(root, 'node_modules'))
  const ended = await project.start(['run', 'training', '--no-mlflow', '--json'], {}, 'ice-cream')
    .ended
  expect(jsonLines(ended.stdout).at(-1)).toMatchObject({ status: 'succeeded' })
})

test('init overwrites nothing', async () => {
  await project.write('ice-cream/README.md', 'mine')
  const again = await project.pipewright('init', 'ice-cream')
  expect(again.exitCode).toBe(2)
  expect(again.stderr).toContain('README.md')
  expect(await readFile(join(project.root, 'ice-cream/README.md'), 'utf8')).toBe('mine')
})
