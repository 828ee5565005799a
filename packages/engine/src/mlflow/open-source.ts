import { basename, extname, posix } from 'node:path'

import { encodeMetrics } from '../catalog/drivers/metric-json.ts'
import type { MlflowArtifactPlace, MlflowModelPlace, MlflowPlace } from '../catalog/mlflow-place.ts'
import type { MlflowRead, MlflowSource } from '../catalog/mlflow-source.ts'
import { modelAddress } from '../catalog/model-address.ts'
import type { Config } from '../config/load-config.ts'
import { fileStem } from '../definition/variant.ts'
import { DatasetError } from '../errors.ts'
import { findAddress } from './find-address.ts'
import { MlflowServer } from './mlflow-server.ts'
import { readHistory, readMetric, readMetrics } from './read-metrics.ts'
import { download, findModel } from './read-model.ts'

/** Reads a project's datasets from its MLflow. Nothing is asked of it, and nothing looked up, before the first read. */
export function openMlflowSource(
  config: Pick<Config, 'root' | 'mlflow' | 'credentials'>,
): MlflowSource {
  return {
    async read(place, dataset, file) {
      const server = await open(config, 'tracking', dataset)
      if (place.kind === 'model')
        return readModel(server, await open(config, 'registry', dataset), place, dataset)
      const run = place.run ?? ''
      if (place.kind === 'artifact') return readArtifact(server, run, place, dataset, file)
      const { where, value } = await readValue(server, run, place, dataset)
      if (value === undefined) throw absent(dataset, where)
      return { bytes: encodeMetrics(value), where }
    },
  }
}

async function open(
  config: Pick<Config, 'root' | 'mlflow' | 'credentials'>,
  kind: 'tracking' | 'registry',
  dataset: string,
): Promise<MlflowServer> {
  // Looked up anew each time: an embedded server may have come, and credentials may have changed.
  const address = await findAddress(config, kind)
  if (address !== undefined) return new MlflowServer(address)
  throw new DatasetError(
    'DATASET_NOT_FOUND',
    `Dataset '${dataset}' lies in MLflow, and there is none.`,
    {
      dataset,
      hint: 'Set MLFLOW_TRACKING_URI or server.mlflow_tracking_uri of mlflow.yml; an embedded MLflow is found once it runs.',
    },
  )
}

async function readValue(
  server: MlflowServer,
  run: string,
  place: Exclude<MlflowPlace, MlflowArtifactPlace | MlflowModelPlace>,
  dataset: string,
): Promise<{ readonly where: string; readonly value: unknown }> {
  if (place.kind === 'metrics') {
    const where = `runs:/${run}/metrics/${place.prefix ?? ''}`
    return { where, value: await readMetrics(server, run, place) }
  }
  const key = place.key ?? fileStem(dataset)
  const where = `runs:/${run}/metrics/${key}`
  return place.kind === 'metric'
    ? { where, value: await readMetric(server, run, key, place) }
    : { where, value: await readHistory(server, run, key, place) }
}

async function readArtifact(
  server: MlflowServer,
  run: string,
  { folder = '' }: MlflowArtifactPlace,
  dataset: string,
  file: string | undefined,
): Promise<MlflowRead> {
  // kedro-mlflow names an artifact by its file, our recording by its dataset.
  const names = [basename(file ?? fileStem(dataset)), `${fileStem(dataset)}${extname(file ?? '')}`]
  for (const path of names.map((name) => posix.join(folder, name))) {
    const query = new URLSearchParams({ run_uuid: run, path })
    // oxlint-disable-next-line no-await-in-loop -- the second name is asked for when the first one is not there
    const bytes = await server.bytes(`/get-artifact?${query.toString()}`)
    if (bytes !== undefined) return { bytes, where: `runs:/${run}/${path}` }
  }
  throw absent(dataset, `runs:/${run}/${posix.join(folder, names[0] ?? '')}`)
}

async function readModel(
  tracking: MlflowServer,
  registry: MlflowServer,
  { uri = '' }: MlflowModelPlace,
  dataset: string,
): Promise<MlflowRead> {
  const address = modelAddress(uri)
  const root = address && (await findModel(tracking, registry, address))
  if (root === undefined) throw absent(dataset, uri)
  const files = await download(tracking, root)
  if (files === undefined)
    throw new DatasetError(
      'DATASET_NOT_READABLE',
      `Dataset '${dataset}' is the model ${uri}, whose files lie at ${root}, which the server does not serve.`,
      {
        dataset,
        hint: 'Start the server with --serve-artifacts, so that it hands out what it keeps.',
      },
    )
  if (files.size === 0) throw absent(dataset, uri)
  const { packFiles } = await import('../model/package.ts')
  return { bytes: await packFiles(files), where: uri }
}

function absent(dataset: string, where: string): DatasetError {
  return new DatasetError(
    'DATASET_NOT_FOUND',
    `Dataset '${dataset}' is not at ${where} in MLflow.`,
    {
      dataset,
      hint: 'Check run id, key, name and address of the dataset in catalog.yml, and that this is the right MLflow.',
    },
  )
}
