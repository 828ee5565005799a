import * as z from 'zod'

import { ArtifactsSchema, type ArtifactsConfig } from './artifacts-schema.ts'
import { MlflowServerSchema, type MlflowServerConfig } from './mlflow-server-schema.ts'
import { wholeNumber } from './whole-number.ts'

/** `mlflow.yml`: the keys of kedro-mlflow under their own names, and ours for nested runs and artifacts. */
export interface MlflowConfig {
  readonly server: MlflowServerConfig
  readonly tracking: {
    readonly disable_tracking: {
      /** Pipelines that are not recorded. */
      readonly pipelines: readonly string[]
      /** Of kedro-mlflow: nothing here logs by itself, so false gets a remark. */
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
      /** Of kedro-mlflow: one run of MLflow for all runs of pipelines cannot be, so any id is refused. */
      readonly id: null
      /** Null: the pipeline's name. `${km.random_name:}` in it stands for a name that each run gets of its own. */
      readonly name: string | null
      /** False: no nested runs for nodes, whatever `node_runs.record` says. */
      readonly nested: boolean
    }
    readonly params: {
      readonly dict_params: {
        readonly flatten: boolean
        readonly recursive: boolean
        readonly sep: string
      }
      /** Of values over 6,000 characters. `fail`: commands refuse to submit the run; all others cut them when they record. */
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
    /** Names of params and tags whose values are not recorded; `*` stands for anything, case does not matter. */
    readonly redact: readonly string[]
  }
  readonly artifacts: ArtifactsConfig
  /** Where people look at MLflow. */
  readonly ui: {
    /** Of the embedded server. Null: that of last time, or any that is free. */
    readonly port: number | null
    /** Of the embedded server. Anything but this machine's own address lets others in, unasked. */
    readonly host: string
    /** Address for links, where people reach the server by another than the adapter does. Null: the tracking URI. */
    readonly url: string | null
  }
}

/** Params and tags whose values are left out of the record where nothing is configured. */
export const secretNames: readonly string[] = [
  '*password*',
  '*passwd*',
  '*secret*',
  '*credential*',
  '*private_key*',
  '*api_key*',
  '*apikey*',
  '*access_key*',
  '*access_token*',
  '*auth_token*',
]

const text = z.string().nullable().default(null)
const tags = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(String))

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
        sep: z
          .string()
          .regex(/^[\w\-./: ]+$/u, {
            message: 'MLflow takes letters, digits and _ - . / : in the names of params',
          })
          .default('.'),
      })
      .prefault({}),
    long_params_strategy: z.enum(['fail', 'truncate', 'tag']).default('tag'),
  })
  .prefault({})

const tracking = z
  .strictObject({
    disable_tracking: disableTracking,
    experiment,
    run: z
      .strictObject({
        id: z
          .null({
            error:
              'each run of a pipeline makes a run of its own in MLflow, found by the tag pipewright.run: remove the id, or write null',
          })
          .default(null),
        name: text,
        nested: z.boolean().default(true),
      })
      .prefault({}),
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
    redact: z
      .array(z.string().min(1).max(250))
      .max(1000)
      .default([...secretNames]),
  })
  .prefault({})

export const MlflowSchema: z.ZodType<MlflowConfig> = z.strictObject({
  server: MlflowServerSchema,
  tracking,
  artifacts: ArtifactsSchema,
  ui: z
    .strictObject({
      port: wholeNumber(1).pipe(z.int().max(65_535)).nullable().default(null),
      host: z.string().min(1).default('127.0.0.1'),
      url: z
        .url({ protocol: /^https?$/, error: 'write http://… or https://…' })
        .nullable()
        .default(null),
    })
    .prefault({}),
})
