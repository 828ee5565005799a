import * as z from 'zod'

import { byteSize, ByteSizeSchema } from './byte-size-schema.ts'
import { wholeNumber } from './whole-number.ts'

/** What becomes of a dataset's values in MLflow. */
export interface ArtifactPolicyConfig {
  /** `on_failure`: when the run fails. `summary`: facts, columns and the first rows in place of the value. */
  readonly log: 'always' | 'on_failure' | 'never' | 'summary'
  /** Larger values are not uploaded; of a summary, the most that its rows may take. */
  readonly max_bytes?: number | undefined
  /** Rows that a summary shows. */
  readonly sample?: number | undefined
  /** Of which runs of a pipeline `pipewright mlflow prune` leaves the artifact; the others lose it. */
  readonly keep?: KeepConfig | undefined
  readonly compress?: 'none' | 'gzip' | undefined
}

/** The newest so many, or those whose run has the best value of a metric (`node.metric`). */
export type KeepConfig =
  | { readonly last: number }
  | { readonly best: number; readonly by: string; readonly mode: 'max' | 'min' }

/** A policy and the datasets that it is for: all conditions must hold. */
export interface ArtifactRuleConfig extends ArtifactPolicyConfig {
  /** Name of the dataset; `*` stands for any text, `?` for one character. */
  readonly dataset?: string | undefined
  /** Its format: `csv`, `json`. */
  readonly type?: string | undefined
  /** A tag of the node that makes it. */
  readonly tag?: string | undefined
  /** Bounds of its size in bytes, both included. */
  readonly size?: { readonly least: number; readonly most: number } | undefined
}

/** `artifacts` of `mlflow.yml`. */
export interface ArtifactsConfig {
  /** For datasets that no rule is for; rules have from it what they do not say. */
  readonly default: ArtifactPolicyConfig
  /** The first that fits counts. */
  readonly rules: readonly ArtifactRuleConfig[]
  /** Datasets whose values are uploaded whatever the rules say. */
  readonly datasets: readonly string[]
  /** Where a policy says nothing of it. */
  readonly max_bytes: number
  /** A value of at least so many bytes that an earlier run holds already is linked. */
  readonly link_from: number
}

const keep = z
  .strictObject({
    last: wholeNumber(1).optional(),
    best: wholeNumber(1).optional(),
    by: z.string().min(1).optional(),
    mode: z.enum(['max', 'min']).default('max'),
  })
  .transform(({ last, best, by, mode }, context): KeepConfig => {
    if (last !== undefined && best === undefined && by === undefined) return { last }
    if (best !== undefined && by !== undefined && last === undefined) return { best, by, mode }
    const message = "Expected '{ last: 5 }', or '{ best: 3, by: node.metric }'."
    context.addIssue({ code: 'custom', message })
    return z.NEVER
  })

const policy = {
  max_bytes: ByteSizeSchema.optional(),
  sample: wholeNumber(0).pipe(z.int().max(1000)).optional(),
  keep: keep.optional(),
  compress: z.enum(['none', 'gzip']).optional(),
}

const log = z.enum(['always', 'on_failure', 'never', 'summary'])

/** `> 100MB`, `<=5MB`. */
const size = z.string().transform((text, context) => {
  const [, sign = '', amount = ''] = /^\s*(<=?|>=?)\s*(.+)$/.exec(text) ?? []
  const bytes = byteSize(amount)
  if (bytes !== undefined) return boundsOf(sign, bytes)
  context.addIssue({ code: 'custom', message: "Expected a comparison such as '> 100MB'." })
  return z.NEVER
})

function boundsOf(sign: string, bytes: number): { readonly least: number; readonly most: number } {
  if (sign.startsWith('>')) return { least: sign === '>' ? bytes + 1 : bytes, most: Infinity }
  return { least: 0, most: sign === '<' ? bytes - 1 : bytes }
}

const name = z.string().min(1).max(500).optional()

export const ArtifactsSchema: z.ZodType<ArtifactsConfig> = z
  .strictObject({
    default: z.strictObject({ log: log.default('never'), ...policy }).prefault({}),
    rules: z
      .array(
        z.strictObject({
          dataset: name,
          type: name,
          tag: name,
          size: size.optional(),
          log,
          ...policy,
        }),
      )
      .default([]),
    datasets: z.array(z.string()).default([]),
    max_bytes: ByteSizeSchema.default(50_000_000),
    link_from: ByteSizeSchema.default(4096),
  })
  .prefault({})
