import { describe, expect, it } from 'vitest'

import type { Catalog } from '../catalog/entry.ts'
import { confFolder } from './fixture/conf-folder.ts'

const { load } = confFolder()

async function catalogOf(text: string): Promise<Catalog> {
  return (await load({ 'base/catalog.yml': text })).catalog
}

describe('a catalog of kedro-mlflow', () => {
  it('keeps its metrics, artifacts and models', async () => {
    const catalog = await catalogOf(`
f1: { type: kedro_mlflow.io.metrics.MlflowMetricDataset }
old_f1: { type: kedro_mlflow.io.metrics.MlflowMetricDataset, key: f1, run_id: 4f0c, load_args: { step: 3 } }
loss: { type: kedro_mlflow.io.metrics.MlflowMetricHistoryDataset, save_args: { mode: dict }, load_args: { mode: history } }
scores: { type: kedro_mlflow.io.metrics.MlflowMetricsHistoryDataset, prefix: test }
plot:
  type: kedro_mlflow.io.artifacts.MlflowArtifactDataset
  artifact_path: plots
  dataset: { type: text.TextDataset, filepath: data/08_reporting/plot.txt }
champion: { type: kedro_mlflow.io.models.MlflowModelRegistryDataset, model_name: reviews, alias: champion }
third: { type: kedro_mlflow.io.models.MlflowModelRegistryDataset, model_name: reviews, stage_or_version: 3 }
newest: { type: kedro_mlflow.io.models.MlflowModelRegistryDataset, model_name: reviews }
trained: { type: kedro_mlflow.io.models.MlflowModelTrackingDataset, flavor: mlflow.pyfunc, save_args: { name: reviews } }
`)
    expect(catalog).toMatchObject({
      f1: { type: 'metric', filepath: null, mlflow: { kind: 'metric' } },
      old_f1: { mlflow: { kind: 'metric', key: 'f1', run: '4f0c', loadStep: 3 } },
      loss: { type: 'history', mlflow: { kind: 'history', shape: 'history' } },
      scores: { type: 'metrics', mlflow: { kind: 'metrics', prefix: 'test' } },
      plot: {
        type: 'text',
        filepath: 'data/08_reporting/plot.txt',
        mlflow: { kind: 'artifact', folder: 'plots' },
      },
      champion: { type: 'model', mlflow: { uri: 'models:/reviews@champion' } },
      third: { mlflow: { uri: 'models:/reviews/3' } },
      newest: { mlflow: { uri: 'models:/reviews/latest' } },
      trained: { type: 'model', filepath: null, mlflow: { kind: 'model', uri: undefined } },
    })
  })

  it('has our short names for the same types of metrics', async () => {
    const catalog = await catalogOf(
      'f1: { type: metric }\nloss: { type: history }\nscores: { type: metrics }',
    )
    expect(Object.values(catalog).map(({ type }) => type)).toEqual(['metric', 'history', 'metrics'])
  })

  it.each([
    ['f1: { type: metric, kye: f1 }', /catalog\.yml:1:21: "kye" is not a setting.*in \/f1/],
    [
      'f1: { type: metric, save_args: { mode: both } }',
      /catalog\.yml:1:40: at \/f1\/save_args\/mode/,
    ],
    ['f1: { type: kedro_mlflow.io.metrics.MlflowMetricDatset }', /There is no dataset type/],
    [
      'm: { type: kedro_mlflow.io.models.MlflowModelRegistryDataset, model_name: m, stage_or_version: production }',
      /1:96: at \/m\/stage_or_version: Expected a version or latest; where there were stages/,
    ],
    [
      'plot: { type: kedro_mlflow.io.artifacts.MlflowArtifactDataset, dataset: { type: picture, filepath: a.png } }',
      /1:81: There is no dataset type "picture"/,
    ],
  ])('is refused where it is wrong: %s', async (text, message) => {
    await expect(catalogOf(text)).rejects.toThrow(message)
  })
})
