import * as z from 'zod'

import { ArtifactsSchema, type ArtifactsConfig } from './artifacts-schema.ts'
import { wholeNumber } from './whole-number.ts'

/** `mlflow.yml`: the keys of kedro-mlflow under their own names, and ours for nested runs and artifacts. */
export interface MlflowConfig {
  readonly server: {
    /** The variable `MLFLOW_TRACKING_URI`, where set, wins over it. Null: an embedded server. */
    readonly mlflow_tracking_uri: string | null
    /** Null: the tracking server. */
    readonly mlflow_registry_uri: string | null
    /** Key in `credentials.yml`: a map of `MLFLOW_TRACKING_USERNAME`, `MLFLOW_TRACKING_TOKEN` and the like. */
    readonly credentials: string | null
    readonly request_header_provider: {
      readonly type: string | null
      readonly pass_context: boolean
      readonly init_kwargs: Readonly<Record<string, unknown>>
    }
  }
  readonly tracking: {
    readonly disable_tracking: {
      /** Pipelines that are not recorded. */
      readonly pipelines: readonly string[]
      /** Kept for kedro-mlflow's files; Python nodes read it. */
      readonly disable_autologging: boolean
    }
    readonly experiment: {
      /** Null: the project's name. */
      readonly name: string | null
      readonly create_experiment_kwargs: {
        readonly artifact_location: string | null
        readonly tags: Readonly<Record<string, string>> | null
      }
      readonly restore_if_deleted: boolean
    }
    readonly run: {
      readonly id: string | null
      /** Null: the pipeline's name. */
      readonly name: string | null
      readonly nested: boolean
    }
    readonly params: {
      readonly dict_params: {
        readonly flatten: boolean
        readonly recursive: boolean
        readonly sep: string
      }
      readonly long_params_strategy: 'fail' | 'truncate' | 'tag'
    }
    readonly node_runs: {
      /** Which node runs become nested runs. */
      readonly record: 'all' | 'failed' | 'none'
      /** Mapped node runs of one run beyond this number go to a table on the parent. */
      readonly max: number
    }
    /** Superseded attempts keep a run of their own (`nested`), or only the last one is recorded. */
    readonly attempts: 'nested' | 'last'
    /** Datasets that nodes read, as inputs of their runs. */
    readonly lineage: {
      readonly enabled: boolean
      /** Inputs of one node that are recorded at most. */
      readonly max_inputs: number
    }
    /** Tags of every parent run. */
    readonly tags: Readonly<Record<string, string>>
  }
  readonly artifacts: ArtifactsConfig
  readonly ui: { readonly port: number; readonly host: string }
}

const text = z.string().nullable().default(null)
const tags = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(String))

const server = z
  .strictObject({
    mlflow_tracking_uri: text,
    mlflow_registry_uri: text,
    credentials: text,
    request_header_provider: z
      .strictObject({
        type: text,
        pass_context: z.boolean().default(false),
        init_kwargs: z.record(z.string(), z.unknown()).default({}),
      })
      .prefault({}),
  })
  .prefault({})

const disableTracking = z
  .strictObject({
    pipelines: z.array(z.string()).default([]),
    disable_autologging: z.boolean().default(true),
  })
  .prefault({})

const experiment = z
  .strictObject({
    name: text,
    create_experiment_kwargs: z
      .strictObject({ artifact_location: text, tags: tags.nullable().default(null) })
      .prefault({}),
    restore_if_deleted: z.boolean().default(true),
  })
  .prefault({})

const params = z
  .strictObject({
    dict_params: z
      .strictObject({
        flatten: z.boolean().default(true),
        recursive: z.boolean().default(true),
        sep: z.string().default('.'),
      })
      .prefault({}),
    long_params_strategy: z.enum(['fail', 'truncate', 'tag']).default('tag'),
  })
  .prefault({})

const tracking = z
  .strictObject({
    disable_tracking: disableTracking,
    experiment,
    run: z.strictObject({ id: text, name: text, nested: z.boolean().default(true) }).prefault({}),
    params,
    node_runs: z
      .strictObject({
        record: z.enum(['all', 'failed', 'none']).default('all'),
        max: wholeNumber(0).default(500),
      })
      .prefault({}),
    attempts: z.enum(['nested', 'last']).default('nested'),
    lineage: z
      .strictObject({
        enabled: z.boolean().default(true),
        max_inputs: wholeNumber(1).pipe(z.int().max(1000)).default(50),
      })
      .prefault({}),
    tags: tags.default({}),
  })
  .prefault({})

export const MlflowSchema: z.ZodType<MlflowConfig> = z.strictObject({
  server,
  tracking,
  artifacts: ArtifactsSchema,
  ui: z
    .strictObject({
      port: wholeNumber(0).pipe(z.int().max(65_535)).default(5000),
      host: z.string().default('127.0.0.1'),
    })
    .prefault({}),
})
