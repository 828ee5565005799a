import { nearest } from '../../definition/nearest.ts'
import { ConfigError, type ConfigPosition } from '../../errors.ts'
import type { Driver } from '../driver.ts'
import { api } from './api.ts'
import { arrow } from './arrow.ts'
import { bytes } from './bytes.ts'
import { csv } from './csv.ts'
import { duckdb } from './duckdb.ts'
import { excel } from './excel.ts'
import { history } from './history.ts'
import { image } from './image.ts'
import { json } from './json.ts'
import { metric } from './metric.ts'
import { metrics } from './metrics.ts'
import { model } from './model.ts'
import { ndjson } from './ndjson.ts'
import { onnx } from './onnx.ts'
import { parquet } from './parquet.ts'
import { partitions } from './partitions.ts'
import { pickle } from './pickle.ts'
import { plot } from './plot.ts'
import { sql } from './sql.ts'
import { text } from './text.ts'
import { yaml } from './yaml.ts'

const drivers: Readonly<Record<string, Driver>> = {
  json,
  ndjson,
  yaml,
  csv,
  parquet,
  arrow,
  excel,
  text,
  bytes,
  image,
  plot,
  onnx,
  sql,
  duckdb,
  api,
  metric,
  history,
  metrics,
  model,
  pickle,
}

/** Formats of references that no entry of a catalog has. */
const internal: Readonly<Record<string, Driver>> = { partitions }

/** Kedro's names of the same formats, so that a catalog can be brought along. */
const aliases: Readonly<Record<string, string>> = {
  'json.JSONDataset': 'json',
  'pandas.JSONDataset': 'json',
  'yaml.YAMLDataset': 'yaml',
  'pandas.CSVDataset': 'csv',
  'polars.CSVDataset': 'csv',
  'pandas.ParquetDataset': 'parquet',
  'polars.ParquetDataset': 'parquet',
  'pandas.FeatherDataset': 'arrow',
  'pandas.ExcelDataset': 'excel',
  'text.TextDataset': 'text',
  'pickle.PickleDataset': 'pickle',
  'pandas.SQLTableDataset': 'sql',
  'pandas.SQLQueryDataset': 'sql',
  'api.APIDataset': 'api',
  'kedro_mlflow.io.metrics.MlflowMetricDataset': 'metric',
  'kedro_mlflow.io.metrics.MlflowMetricHistoryDataset': 'history',
  'kedro_mlflow.io.metrics.MlflowMetricsHistoryDataset': 'metrics',
  'kedro_mlflow.io.models.MlflowModelTrackingDataset': 'model',
  'kedro_mlflow.io.models.MlflowModelRegistryDataset': 'model',
  'kedro_mlflow.io.models.MlflowModelLocalFileSystemDataset': 'model',
}

/** Names that `type` in `catalog.yml` takes. */
export const driverNames: readonly string[] = Object.keys(drivers)

/**
 * The driver of a `type` of the catalog: a name, or Kedro's name of the same format.
 *
 * @throws ConfigError `DATASET_TYPE_UNKNOWN`
 */
export function findDriver(type: string, position?: Required<ConfigPosition>): Driver {
  const plain = type.replace(/^kedro_datasets\./, '')
  const name = Object.hasOwn(aliases, plain) ? aliases[plain] : plain
  const all = position === undefined ? { ...drivers, ...internal } : drivers
  const driver = name !== undefined && Object.hasOwn(all, name) ? all[name] : undefined
  if (driver !== undefined) return driver
  const place =
    position === undefined ? '' : `${position.file}:${position.line}:${position.column}: `
  const shown = JSON.stringify(type.slice(0, 100))
  throw new ConfigError('DATASET_TYPE_UNKNOWN', `${place}There is no dataset type ${shown}.`, {
    hint: typesHint(plain),
    ...(position === undefined ? {} : { position }),
  })
}

/** The nearest types, or all that there are: whoever brings a catalog along looks for the one to take instead. */
function typesHint(plain: string): string {
  const close = nearest(plain, [...driverNames, ...Object.keys(aliases)])
  if (close.length > 0) return `Did you mean ${close.map((name) => `"${name}"`).join(' or ')}?`
  return `There are ${driverNames.join(', ')}, partitioned and incremental folders of these, and Kedro’s names of them.`
}
