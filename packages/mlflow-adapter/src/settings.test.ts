import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { loadConfig, type MlflowConfig } from '@pipewright/engine/internal'
import { beforeAll, expect, it } from 'vitest'

import { adapterSettings, settingsOf } from './settings.ts'

let config: MlflowConfig

beforeAll(async () => {
  const root = await mkdtemp(join(tmpdir(), 'pipewright-settings-'))
  config = (await loadConfig({ root })).mlflow
  await rm(root, { recursive: true })
})

it('an mlflow.yml without keys means the defaults', () => {
  expect(settingsOf(config)).toEqual(adapterSettings())
})

it('nested: false records parents alone', () => {
  const run = { ...config.tracking.run, nested: false }
  expect(settingsOf({ ...config, tracking: { ...config.tracking, run } }).nodeRuns).toBe('none')
})

it('a wrong setting is refused', () => {
  expect(() => adapterSettings({ artifacts: { maxBytes: -1 } })).toThrow('maxBytes')
})
