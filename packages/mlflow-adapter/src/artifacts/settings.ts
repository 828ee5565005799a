import type {
  ArtifactPolicyConfig,
  ArtifactRuleConfig,
  ArtifactsConfig,
  KeepConfig,
} from '@pipewright/engine/internal'
import * as z from 'zod'

/** What becomes of a dataset's values in MLflow. */
export interface ArtifactPolicy {
  /** `on_failure`: when the run fails. `summary`: facts, columns and the first rows in place of the value. */
  readonly log: ArtifactPolicyConfig['log']
  /** Larger values are not uploaded; a tag says so. Of a summary, the most that its rows may take. */
  readonly maxBytes: number
  /** Rows that a summary shows. Default 20. */
  readonly sample: number
  /** Of which runs a prune leaves the artifact. Default: of all. */
  readonly keep?: Keep | undefined
  /** `gzip` uploads `<name>.gz`. Default `none`. */
  readonly compress: 'none' | 'gzip'
}

/** The newest so many, or those whose run has the best value of a metric (`node.metric`). */
export type Keep = KeepConfig

/** Of a policy, what somebody said. */
export type PartOfPolicy = {
  readonly [Key in keyof ArtifactPolicy]?: ArtifactPolicy[Key] | undefined
}

/** A policy and the datasets that it is for: all conditions must hold. */
export interface ArtifactRule extends PartOfPolicy {
  readonly log: ArtifactPolicy['log']
  /** Name of the dataset; `*` stands for any text, `?` for one character. */
  readonly dataset?: string | undefined
  /** Its format: `csv`, `json`. */
  readonly type?: string | undefined
  /** A tag of the node that makes it. */
  readonly tag?: string | undefined
  /** Bounds of its size in bytes, both included. */
  readonly size?: { readonly least: number; readonly most: number } | undefined
}

/** Which values of datasets are uploaded, and how. */
export interface ArtifactSettings {
  /** For datasets that no rule is for; rules have from it what they do not say. Default: never. */
  readonly default: PartOfPolicy
  /** The first that fits counts. */
  readonly rules: readonly ArtifactRule[]
  /** Datasets whose values are uploaded to the run of the node that made them, whatever the rules say. Default none. */
  readonly datasets: readonly string[]
  /** The same, with the folder among the run's artifacts; the catalog's artifact datasets. */
  readonly entries: Readonly<Record<string, { readonly path?: string | undefined }>>
  /** Where a policy says nothing of it. Default 50,000,000. */
  readonly maxBytes: number
  /** A value of at least so many bytes that an earlier run holds already is linked, not uploaded again. Default 4096. */
  readonly linkFrom: number
}

const log = z.enum(['always', 'on_failure', 'never', 'summary'])
const keep = z.union([
  z.object({ last: z.int().positive() }),
  z.object({ best: z.int().positive(), by: z.string(), mode: z.enum(['max', 'min']) }),
])
const policy = {
  maxBytes: z.int().nonnegative().optional(),
  sample: z.int().nonnegative().optional(),
  keep: keep.optional(),
  compress: z.enum(['none', 'gzip']).optional(),
}
const rule = z.object({
  dataset: z.string().optional(),
  type: z.string().optional(),
  tag: z.string().optional(),
  // `most` is Infinity where there is no upper bound
  size: z.object({ least: z.number(), most: z.number().or(z.literal(Infinity)) }).optional(),
  log,
  ...policy,
})

export const ArtifactSettings: z.ZodType<ArtifactSettings> = z.object({
  default: z.object({ log: log.default('never'), ...policy }).prefault({}),
  rules: z.array(rule).default([]),
  datasets: z.array(z.string()).default([]),
  entries: z.record(z.string(), z.object({ path: z.string().optional() })).default({}),
  maxBytes: z.int().nonnegative().default(50_000_000),
  linkFrom: z.int().nonnegative().default(4096),
})

/** The artifact settings of an `mlflow.yml`. */
export function artifactSettings(config: ArtifactsConfig): ArtifactSettings {
  const { default: standard, rules, datasets, max_bytes, link_from } = config
  return {
    default: policyOf(standard),
    rules: rules.map(ruleOf),
    datasets,
    entries: {},
    maxBytes: max_bytes,
    linkFrom: link_from,
  }
}

function policyOf(config: ArtifactPolicyConfig): PartOfPolicy {
  const { log, max_bytes: maxBytes, sample, keep, compress } = config
  return { log, maxBytes, sample, keep, compress }
}

function ruleOf(config: ArtifactRuleConfig): ArtifactRule {
  const { dataset, type, tag, size, log } = config
  return { ...policyOf(config), log, dataset, type, tag, size }
}
