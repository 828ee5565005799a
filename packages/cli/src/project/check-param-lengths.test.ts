import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { node, pipeline } from '@pipewright/engine'
import { loadConfig } from '@pipewright/engine/internal'
import { afterAll, beforeAll, expect, it } from 'vitest'

import { checkParamLengths } from './check-param-lengths.ts'

const long = { train: { text: 'x'.repeat(6001), short: 'y' } }
const training = pipeline('training', [
  node({ name: 'train', inputs: {}, outputs: {}, run: () => ({}) }),
])
let root: string

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'pipewright-lengths-'))
  await mkdir(join(root, 'conf', 'base'), { recursive: true })
})
afterAll(() => rm(root, { recursive: true }))

async function check(tracking: string): Promise<void> {
  await writeFile(join(root, 'conf/base/mlflow.yml'), `tracking: ${tracking}\n`)
  await checkParamLengths({ config: await loadConfig({ root }) }, training, long)
}

it('with long_params_strategy: fail a run is refused before anything runs', async () => {
  await expect(check('{ params: { long_params_strategy: fail } }')).rejects.toMatchObject({
    code: 'PARAM_TOO_LONG',
    message: 'Param "train.text" has 6001 characters and MLflow keeps 6000.',
  })
})

it.each([
  '{}',
  '{ params: { long_params_strategy: truncate } }',
  '{ params: { long_params_strategy: fail }, disable_tracking: { pipelines: [training] } }',
])('%s lets it run', async (tracking) => {
  await expect(check(tracking)).resolves.toBeUndefined()
})
