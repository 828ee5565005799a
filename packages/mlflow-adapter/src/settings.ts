import { secretNames, type Catalog, type MlflowConfig } from '@pipewright/engine/internal'
import * as z from 'zod'

import { artifactSettings, ArtifactSettings } from './artifacts/settings.ts'

/** How params are written. */
export interface ParamSettings {
  /** A mapping becomes one param a key (`grid.depth`). Default true. */
  readonly flatten: boolean
  /** Mappings in mappings too. Default true. */
  readonly recursive: boolean
  /** Between the keys of a mapping. Default `.`. */
  readonly separator: string
  /** A value over 6,000 characters is cut, with a remark; `tag` also writes up to 8,000 of it as a tag of the same name. Default `tag`. */
  readonly long: 'truncate' | 'tag'
}

/** What the adapter can be told, defaults filled in. */
export interface AdapterSettings {
  readonly artifacts: ArtifactSettings
  /**
   * What becomes of an attempt that was followed by another: `nested` keeps it as a FAILED run under its successor,
   * `last` removes it. Default `nested`.
   */
  readonly attempts: 'nested' | 'last'
  /** Which attempts become runs of their own; the parent has the final metrics of all nodes in any case. Default `all`. */
  readonly nodeRuns: 'all' | 'failed' | 'none'
  /**
   * A run with more mapped nodes than this records them as a table of the parent, and only those that failed as runs of their
   * own, as many as this. Default 500.
   */
  readonly mappedRuns: number
  /** What is recorded of the datasets that nodes read and make. */
  readonly lineage: {
    /** One more call for each node that reads something. Default true. */
    readonly enabled: boolean
    /** Inputs of one node that are recorded at most; a tag counts the rest. Default 50. */
    readonly maxInputs: number
  }
  /** Tags of every parent run. Default none. */
  readonly tags: Readonly<Record<string, string>>
  readonly params: ParamSettings
  /** Name of the parent runs; `${km.random_name:}` in it stands for one of each run's own. Default: that of the pipeline. */
  readonly runName?: string | undefined
  /** Names of params and tags whose values are not recorded, with `*` for anything. Default `*password*`, `*api_key*` and the like. */
  readonly redact: readonly string[]
  /** Pipelines that are not recorded. Default none. */
  readonly disabledPipelines: readonly string[]
  /** How the experiment is made when it is not there. */
  readonly experiment: {
    /** Where its artifacts lie. Default: the server decides. */
    readonly artifactLocation?: string | undefined
    readonly tags: Readonly<Record<string, string>>
    /** Restores an experiment that was deleted; otherwise recording waits until someone does. Default true. */
    readonly restore: boolean
  }
}

/** What may be left out of {@link AdapterSettings}: everything. */
export type AdapterSettingsInput = {
  readonly [Key in keyof AdapterSettings]?: AdapterSettings[Key] extends object
    ? Partial<AdapterSettings[Key]>
    : AdapterSettings[Key]
}

const strings = z.record(z.string(), z.string()).default({})

const AdapterSettings = z.object({
  artifacts: ArtifactSettings.prefault({}),
  attempts: z.enum(['nested', 'last']).default('nested'),
  nodeRuns: z.enum(['all', 'failed', 'none']).default('all'),
  mappedRuns: z.int().nonnegative().default(500),
  lineage: z
    .object({
      enabled: z.boolean().default(true),
      maxInputs: z.int().positive().max(1000).default(50),
    })
    .prefault({}),
  tags: strings,
  params: z
    .object({
      flatten: z.boolean().default(true),
      recursive: z.boolean().default(true),
      separator: z.string().default('.'),
      long: z.enum(['truncate', 'tag']).default('tag'),
    })
    .prefault({}),
  runName: z.string().optional(),
  redact: z.array(z.string()).default([...secretNames]),
  disabledPipelines: z.array(z.string()).default([]),
  experiment: z
    .object({
      artifactLocation: z.string().optional(),
      tags: strings,
      restore: z.boolean().default(true),
    })
    .prefault({}),
})

/** Checks settings and fills the defaults in. */
export function adapterSettings(input: AdapterSettingsInput = {}): AdapterSettings {
  return AdapterSettings.parse(input)
}

/** The adapter's settings of an `mlflow.yml`, and of the catalog's artifact datasets. */
export function settingsOf(
  { tracking, artifacts }: MlflowConfig,
  catalog: Catalog = {},
): AdapterSettings {
  const { dict_params, long_params_strategy } = tracking.params
  const { create_experiment_kwargs: experiment, restore_if_deleted } = tracking.experiment
  return {
    artifacts: { ...artifactSettings(artifacts), entries: artifactEntries(catalog) },
    attempts: tracking.attempts,
    nodeRuns: tracking.run.nested ? tracking.node_runs.record : 'none',
    mappedRuns: tracking.node_runs.max,
    lineage: {
      enabled: tracking.lineage.enabled,
      maxInputs: tracking.lineage.max_inputs,
    },
    tags: tracking.tags,
    params: {
      flatten: dict_params.flatten,
      recursive: dict_params.recursive,
      separator: dict_params.sep,
      // `fail` is told to whoever submits a run; one that comes here all the same does not fail because of its record
      long: long_params_strategy === 'tag' ? 'tag' : 'truncate',
    },
    runName: tracking.run.name ?? undefined,
    redact: tracking.redact,
    disabledPipelines: tracking.disable_tracking.pipelines,
    experiment: {
      artifactLocation: experiment.artifact_location ?? undefined,
      tags: experiment.tags ?? {},
      restore: restore_if_deleted,
    },
  }
}

/** Folder of each dataset whose entry says that its values become artifacts. */
function artifactEntries(catalog: Catalog): AdapterSettings['artifacts']['entries'] {
  return Object.fromEntries(
    Object.entries(catalog).flatMap(([name, { mlflow }]) =>
      mlflow?.kind === 'artifact' && mlflow.run === undefined
        ? [[name, { path: mlflow.folder }]]
        : [],
    ),
  )
}
