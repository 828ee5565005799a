import type { MlflowConfig } from '@pipewright/engine/internal'
import { expect, it } from 'vitest'

import { adapterSettings, settingsOf } from './settings.ts'

const config: MlflowConfig = {
  server: {
    mlflow_tracking_uri: null,
    mlflow_registry_uri: null,
    credentials: null,
    request_header_provider: { type: null, pass_context: false, init_kwargs: {} },
  },
  tracking: {
    disable_tracking: { pipelines: [], disable_autologging: true },
    experiment: {
      name: null,
      create_experiment_kwargs: { artifact_location: null, tags: null },
      restore_if_deleted: true,
    },
    run: { id: null, name: null, nested: true },
    params: {
      dict_params: { flatten: true, recursive: true, sep: '.' },
      long_params_strategy: 'tag',
    },
    node_runs: { record: 'all', max: 500 },
    attempts: 'nested',
    tags: {},
  },
  artifacts: { datasets: [], max_bytes: 50_000_000 },
  ui: { port: 5000, host: '127.0.0.1' },
}

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
