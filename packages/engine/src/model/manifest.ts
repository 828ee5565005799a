import * as z from 'zod'

/** Of a file in a model's folder. */
export interface ModelFile {
  readonly bytes: number
  /** Hex. */
  readonly sha256: string
}

/** By which metric, measured on which data, a model is compared with others. */
export interface ModelEvaluation {
  /** `node.metric` of the training run. */
  readonly metric: string
  /** `higher` or `lower`: which is better. */
  readonly better: 'higher' | 'lower'
  /** Dataset -> sha256 of its value. Models whose digests are equal were measured on the same data. */
  readonly data: Readonly<Record<string, string>>
}

/** `pipewright.json`: what a model package holds and what it promises. */
export interface ModelManifest {
  readonly version: 1
  /** Of the model: its inference pipeline and its registered model have the same. */
  readonly name: string
  /** The training pipeline that made it. */
  readonly pipeline: string
  /** Dataset of the rows that are given. */
  readonly input: string
  /** Dataset of the rows that are predicted. */
  readonly output: string
  /** Nodes of the inference pipeline, producers first, with the fingerprints that they had in training. */
  readonly nodes: readonly { readonly name: string; readonly fingerprint: string }[]
  /** What training made and inference needs, by dataset. */
  readonly artifacts: Readonly<
    Record<string, { readonly path: string; readonly format: 'json' | 'bytes' }>
  >
  /** The module with the inference pipeline and everything that it imports. */
  readonly code: string
  /** Resolved params of the inference nodes, as the training run had them. */
  readonly params: Readonly<Record<string, unknown>>
  /** JSON Schema of one row. */
  readonly inputSchema: Readonly<Record<string, unknown>>
  readonly outputSchema: Readonly<Record<string, unknown>>
  /** sha256 of the code, its nodes and both schemas: changes with anything that inference does, never with the data. */
  readonly fingerprint: string
  /** Every other file of inference, by path. */
  readonly files: Readonly<Record<string, ModelFile>>
  readonly evaluation?: ModelEvaluation | undefined
  /** Of the libraries that made the package. */
  readonly versions: Readonly<Record<string, string>>
}

const schema = z.record(z.string(), z.unknown())

export const ModelManifest: z.ZodType<ModelManifest> = z.object({
  version: z.literal(1),
  name: z.string(),
  pipeline: z.string(),
  input: z.string(),
  output: z.string(),
  nodes: z.array(z.object({ name: z.string(), fingerprint: z.string() })),
  artifacts: z.record(
    z.string(),
    z.object({ path: z.string(), format: z.enum(['json', 'bytes']) }),
  ),
  code: z.string(),
  params: z.record(z.string(), z.unknown()),
  inputSchema: schema,
  outputSchema: schema,
  fingerprint: z.string(),
  files: z.record(z.string(), z.object({ bytes: z.int(), sha256: z.string() })),
  evaluation: z
    .object({
      metric: z.string(),
      better: z.enum(['higher', 'lower']),
      data: z.record(z.string(), z.string()),
    })
    .optional(),
  versions: z.record(z.string(), z.string()),
})

/** Name of the manifest in a model's folder. */
export const manifestFile = 'pipewright.json'
