import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { loadConfig } from '@pipewright/engine/internal'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'

import { mlflowVariables } from './mlflow-credentials.ts'

const names = ['TEST_MLFLOW_USER', 'TEST_MLFLOW_TOKEN', 'TEST_MLFLOW_GIVEN'] as const
let root: string

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'pipewright-credentials-'))
  await mkdir(join(root, 'conf', 'base'), { recursive: true })
  await writeFile(join(root, 'conf/base/mlflow.yml'), 'server: { credentials: mlflow }\n')
})
afterEach(() => {
  for (const name of names) delete process.env[name]
})
afterAll(() => rm(root, { recursive: true }))

function write(text: string): Promise<void> {
  return writeFile(join(root, 'conf/base/credentials.yml'), text)
}

it('the file is read again, goes behind the environment, and reaches what this process starts', async () => {
  process.env['TEST_MLFLOW_GIVEN'] = 'of the environment'
  await write('mlflow: { TEST_MLFLOW_USER: ann, TEST_MLFLOW_GIVEN: of the file }\n')
  const variables = mlflowVariables({ root, config: await loadConfig({ root }) })
  expect(await variables()).toMatchObject({
    TEST_MLFLOW_USER: 'ann',
    TEST_MLFLOW_GIVEN: 'of the environment',
  })
  expect(process.env['TEST_MLFLOW_USER']).toBe('ann')
  await write('mlflow: { TEST_MLFLOW_TOKEN: t }\n')
  const later = await variables()
  expect(later['TEST_MLFLOW_TOKEN']).toBe('t')
  expect(later['TEST_MLFLOW_USER']).toBeUndefined()
})

it('while somebody is editing the file, what was known stays good', async () => {
  await write('mlflow: { TEST_MLFLOW_USER: ann }\n')
  const variables = mlflowVariables({ root, config: await loadConfig({ root }) })
  await variables()
  await write('mlflow: { TEST_MLFLOW_USER: b')
  expect((await variables())['TEST_MLFLOW_USER']).toBe('ann')
})
