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

it('an artifact dataset of the catalog is uploaded to its folder, and one that is read from a run is not', () => {
  const file = { type: 'csv', filepath: 'data/scores.csv', versioned: false }
  const { artifacts } = settingsOf(config, {
    days: file,
    scores: { ...file, mlflow: { kind: 'artifact', folder: 'tables' } },
    old: { ...file, mlflow: { kind: 'artifact', run: '4f0c' } },
  })
  expect(artifacts.entries).toEqual({ scores: { path: 'tables' } })
})
