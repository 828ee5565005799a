import * as z from 'zod'

import type { CatalogEntry } from '../catalog/entry.ts'
import { modelAddress } from '../catalog/model-address.ts'

const runId = z.string().min(1).nullish()
const key = z.string().min(1).max(250).nullish()
const step = z.int().nullish()
const common = { type: z.string(), metadata: z.unknown().optional() }

/** Keys of kedro-mlflow that steer Python's libraries. They are taken, so that a catalog can be brought along. */
const python = {
  flavor: z.string().nullish(),
  pyfunc_workflow: z.string().nullish(),
}

const recorded = { filepath: null, versioned: false }

const metric: z.ZodType<CatalogEntry> = z
  .strictObject({
    ...common,
    key,
    run_id: runId,
    load_args: z.strictObject({ step }).prefault({}),
    // A node run has one run of MLflow, to which its dataset is saved once: both modes come to the same.
    save_args: z
      .strictObject({ step, mode: z.enum(['overwrite', 'append']).nullish() })
      .prefault({}),
  })
  .transform(({ key, run_id, load_args, save_args, metadata }) => ({
    ...recorded,
    type: 'metric',
    metadata,
    mlflow: {
      kind: 'metric' as const,
      key: key ?? undefined,
      run: run_id ?? undefined,
      loadStep: load_args.step ?? undefined,
      saveStep: save_args.step ?? undefined,
    },
  }))

const args = z
  .strictObject({ mode: z.enum(['list', 'dict', 'history']).default('list') })
  .prefault({})

const history: z.ZodType<CatalogEntry> = z
  .strictObject({ ...common, key, run_id: runId, load_args: args, save_args: args })
  .transform(({ key, run_id, load_args, metadata }) => ({
    ...recorded,
    type: 'history',
    metadata,
    mlflow: {
      kind: 'history' as const,
      key: key ?? undefined,
      run: run_id ?? undefined,
      shape: load_args.mode,
    },
  }))

const metrics: z.ZodType<CatalogEntry> = z
  .strictObject({ ...common, prefix: z.string().min(1).max(200).nullish(), run_id: runId })
  .transform(({ prefix, run_id, metadata }) => ({
    ...recorded,
    type: 'metrics',
    metadata,
    mlflow: {
      kind: 'metrics' as const,
      prefix: prefix ?? undefined,
      run: run_id ?? undefined,
    },
  }))

/** A file with its own entry, whose value becomes an artifact too. */
function artifact(file: z.ZodType<CatalogEntry>): z.ZodType<CatalogEntry> {
  return z
    .strictObject({
      ...common,
      dataset: file,
      run_id: runId,
      artifact_path: z.string().max(500).nullish(),
    })
    .transform(({ dataset, run_id, artifact_path, metadata }) => ({
      ...dataset,
      metadata: metadata ?? dataset.metadata,
      mlflow: {
        kind: 'artifact' as const,
        folder: artifact_path ?? undefined,
        run: run_id ?? undefined,
      },
    }))
}

const modelUri = z
  .string()
  .refine(
    (text) => modelAddress(text) !== undefined,
    'Expected models:/name/3, models:/name@alias, models:/m-… or runs:/<run>/<path>',
  )

/** The model of the run, or another one by its address. */
const trackedModel: z.ZodType<CatalogEntry> = z
  .strictObject({
    ...common,
    ...python,
    load_args: z.looseObject({ model_uri: modelUri.nullish() }).prefault({}),
    save_args: z.looseObject({}).prefault({}),
  })
  .transform(({ load_args, metadata }) => ({
    ...recorded,
    type: 'model',
    metadata,
    mlflow: { kind: 'model' as const, uri: load_args.model_uri ?? undefined },
  }))

/** A version of a registered model. */
const registeredModel: z.ZodType<CatalogEntry> = z
  .strictObject({
    ...common,
    ...python,
    model_name: z.string().min(1),
    stage_or_version: z.union([z.string(), z.int()]).nullish(),
    alias: z.string().min(1).nullish(),
    load_args: z.looseObject({}).prefault({}),
  })
  .transform(({ model_name, stage_or_version, alias, metadata }, context) => {
    const version = stage_or_version ?? undefined
    const uri = alias
      ? `models:/${model_name}@${alias}`
      : `models:/${model_name}/${version ?? 'latest'}`
    const isTwo = Boolean(alias) && version !== undefined
    if (isTwo || modelAddress(uri) === undefined)
      context.addIssue({
        code: 'custom',
        path: ['stage_or_version'],
        message: isTwo
          ? 'Expected an alias or a version, not both'
          : 'Expected a version or latest; where there were stages, MLflow has aliases now',
      })
    return { ...recorded, type: 'model', metadata, mlflow: { kind: 'model' as const, uri } }
  })

/** A model package as a file. */
const modelFile: z.ZodType<CatalogEntry> = z
  .strictObject({
    ...common,
    ...python,
    filepath: z.string().min(1),
    versioned: z.boolean().default(false),
    load_args: z.looseObject({}).prefault({}),
    save_args: z.looseObject({}).prefault({}),
    log_args: z.looseObject({}).prefault({}),
  })
  .transform(({ filepath, versioned, metadata }) => ({
    type: 'model',
    filepath,
    versioned,
    metadata,
  }))

/** Settings of the entries that lie in MLflow, by their type; those of a file are `file`. */
export function mlflowEntrySchemas(
  file: z.ZodType<CatalogEntry>,
): ReadonlyMap<string, z.ZodType<CatalogEntry>> {
  return new Map([
    ['metric', metric],
    ['history', history],
    ['metrics', metrics],
    ['kedro_mlflow.io.metrics.MlflowMetricDataset', metric],
    ['kedro_mlflow.io.metrics.MlflowMetricHistoryDataset', history],
    ['kedro_mlflow.io.metrics.MlflowMetricsHistoryDataset', metrics],
    ['kedro_mlflow.io.artifacts.MlflowArtifactDataset', artifact(file)],
    ['kedro_mlflow.io.models.MlflowModelTrackingDataset', trackedModel],
    ['kedro_mlflow.io.models.MlflowModelRegistryDataset', registeredModel],
    ['kedro_mlflow.io.models.MlflowModelLocalFileSystemDataset', modelFile],
  ])
}
