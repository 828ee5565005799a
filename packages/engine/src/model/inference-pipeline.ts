import { dataset, type Dataset } from '../definition/dataset.ts'
import { didYouMean } from '../definition/nearest.ts'
import { node, type AnyNode } from '../definition/node.ts'
import type { ParamField } from '../definition/param.ts'
import { pipeline, type Pipeline } from '../definition/pipeline.ts'
import { slice } from '../definition/slice.ts'
import { PipelineError } from '../errors.ts'
import { canonicalJson } from '../plan/canonical-json.ts'
import { compile } from '../plan/compile.ts'
import { packageSchema } from './package-schema.ts'
import { rowSchema } from './row-schema.ts'

/** What a model is compared by with others of its name. */
export interface EvaluationOptions {
  /** `node.metric` of the training pipeline. */
  readonly metric: string
  /** Default `higher`. */
  readonly better?: 'higher' | 'lower'
  /** Datasets of the training pipeline on which it is measured: models are compared when these are equal. */
  readonly data: readonly Dataset[]
}

/** Options of `inferencePipeline`. */
export interface InferenceOptions<Name extends string> {
  /** Of the inference pipeline, and of the registered model in MLflow. */
  readonly name: Name
  /** Dataset of the rows to predict, an array; training reads it too. */
  readonly input: Dataset
  /** Dataset of the predicted rows, an array. */
  readonly output: Dataset
  /** Takes the nodes of the training pipeline that have this tag. */
  readonly tag?: string
  /** Takes these nodes as well: of the training pipeline, by name or themselves, and those that inference alone has. */
  readonly nodes?: readonly (string | AnyNode)[]
  /** `import.meta.url` of the module that calls this. The model's code is found from there. */
  readonly code: string
  /** For `pipewright models promote` and `compare`. Default: none. */
  readonly evaluation?: EvaluationOptions
  /**
   * Rows, as JSON holds them, for MLflow and for the check of the packed model. Default: the first five of `input` in training,
   * which the packing node loads for it as a whole; give some where that is large, or `[]` for none.
   */
  readonly example?: readonly unknown[]
  /**
   * Whether the packed model must predict the example exactly as the nodes in the worker do. Default true; false for models
   * that answer differently each time.
   */
  readonly verify?: boolean
}

/** A pipeline from rows to predictions, and the training pipeline that packs it as a model. */
export interface InferencePipeline<Name extends string = string> extends Pipeline<Name> {
  /** The training pipeline with one more node, `pack_<name>`, which makes the model. Run this one. */
  readonly training: Pipeline
  /** The dataset of the packed model: a tar with code, artifacts and contract. */
  readonly model: Dataset<string, Uint8Array>
}

/**
 * Derives an inference pipeline from a training pipeline, so that both do the same to their rows: nodes that they share are
 * the same objects, and a node or dataset that is defined twice is refused. What inference needs and training makes, such as a
 * vocabulary or weights, is found by the graph and packed with the code, the params of the training run and the contract.
 *
 * @throws PipelineError `INFERENCE_INVALID` when input and output are no rows or not joined by the nodes, or a dataset that
 * is needed is not made by training; `DUPLICATE_NODE`, `DUPLICATE_OUTPUT`, `DATASET_CONFLICT` when training and inference
 * define the same thing differently; UsageError `UNKNOWN_NODE`, `UNKNOWN_TAG`
 *
 * @example
 * export const sentiment = inferencePipeline(training, {
 *   name: 'sentiment',
 *   input: reviews,
 *   output: predictions,
 *   tag: 'inference',
 *   nodes: [predict],
 *   code: import.meta.url,
 * })
 * export default defineProject({ pipelines: [sentiment.training, sentiment] })
 */
export function inferencePipeline<const Name extends string>(
  training: Pipeline,
  options: InferenceOptions<Name>,
): InferencePipeline<Name> {
  const nodes = chosenNodes(training, options)
  const inference = pipeline(options.name, nodes)
  assertSameDefinitions(training, nodes)
  const artifacts = artifactsOf(training, inference, options)
  const model = Object.freeze({
    ...dataset(`${options.name}_model`, packageSchema),
    format: 'model' as const,
  })
  const packing = packingNode(training, inference, options, artifacts, model)
  return Object.freeze({
    ...inference,
    training: pipeline(training.name, [training, packing], {
      metrics: training.metrics,
      tags: training.tags,
    }),
    model,
  })
}

function chosenNodes(
  training: Pipeline,
  { name, tag, nodes = [] }: InferenceOptions<string>,
): readonly AnyNode[] {
  const names = nodes.filter((chosen) => typeof chosen === 'string')
  const chosen = new Set([
    ...(tag === undefined ? [] : slice(training, { tags: [tag] }).nodes),
    ...(names.length === 0 ? [] : slice(training, { nodes: names }).nodes),
    ...nodes.filter((chosen) => typeof chosen !== 'string'),
  ])
  if (chosen.size > 0) return [...chosen]
  throw invalid(name, 'it has no nodes', 'Give `tag`, `nodes` or both.')
}

/** Training and inference together must be a pipeline but for cycles: then no node and no dataset has two definitions. */
function assertSameDefinitions(training: Pipeline, nodes: readonly AnyNode[]): void {
  compile(pipeline(training.name, [training, ...nodes]))
}

/** Datasets of training that the inference pipeline reads, beside its input. */
function artifactsOf(
  training: Pipeline,
  inference: Pipeline,
  { name, input, output }: InferenceOptions<string>,
): readonly Dataset[] {
  const made = byName(inference.nodes.flatMap((node) => Object.values(node.outputs)))
  const read = byName(inference.nodes.flatMap((node) => Object.values(node.inputs)))
  const known = datasetsOf(training)
  assertRows(name, 'input', input)
  assertRows(name, 'output', output)
  if (!read.has(input.name) || made.has(input.name))
    throw invalid(
      name,
      `its input "${input.name}" is ${made.has(input.name) ? 'made by one of its nodes' : 'read by none of its nodes'}`,
      didYouMean(input.name, read.keys(), 'datasets that they read'),
    )
  if (!made.has(output.name))
    throw invalid(
      name,
      `its output "${output.name}" is made by none of its nodes`,
      didYouMean(output.name, made.keys(), 'datasets that they make'),
    )
  const used = new Set(slice(inference, { toOutputs: [output.name] }).nodes)
  const unused = inference.nodes.find((member) => !used.has(member))
  if (unused !== undefined)
    throw invalid(
      name,
      `its node "${unused.name}" does nothing for "${output.name}"`,
      'Leave it out, or take its tag away.',
    )
  const free = [...read.values()].filter(
    (needed) => !made.has(needed.name) && needed.name !== input.name,
  )
  const missing = free.find((needed) => !known.has(needed.name))
  if (missing === undefined) return free
  throw invalid(
    name,
    `it reads "${missing.name}", which is neither its input nor a dataset of pipeline "${training.name}"`,
    didYouMean(missing.name, known.keys(), 'datasets'),
  )
}

function assertRows(name: string, side: string, rows: Dataset): void {
  if (rowSchema(rows) !== undefined) return
  throw invalid(
    name,
    `its ${side} "${rows.name}" is not an array of rows`,
    'Define it with table(name, row) or dataset(name, z.array(row)).',
  )
}

function datasetsOf({ nodes }: Pipeline): ReadonlyMap<string, Dataset> {
  return byName(
    nodes.flatMap(({ inputs, outputs }) => [...Object.values(inputs), ...Object.values(outputs)]),
  )
}

function byName(datasets: readonly Dataset[]): ReadonlyMap<string, Dataset> {
  return new Map(datasets.map((found) => [found.name, found]))
}

/** The node that packs the model. It runs where the project's code is, and is retried and recorded as any node. */
function packingNode(
  training: Pipeline,
  inference: Pipeline,
  options: InferenceOptions<string>,
  artifacts: readonly Dataset[],
  model: Dataset<string, Uint8Array>,
): AnyNode {
  const { name, input, output, code, example, verify = true } = options
  const evaluation = options.evaluation && { better: 'higher' as const, ...options.evaluation }
  const isSampled = example === undefined && datasetsOf(training).has(input.name)
  const inputs = byName([...artifacts, ...(evaluation?.data ?? []), ...(isSampled ? [input] : [])])
  const packing = node({
    name: `pack_${name}`,
    inputs: Object.fromEntries(inputs),
    outputs: { model },
    async run(values, { params, signal, metric }) {
      const { packModel } = await import('./pack.ts')
      const packed = await packModel({
        name,
        input,
        output,
        artifacts,
        code,
        verify,
        evaluation,
        example,
        values,
        signal,
        pipeline: training.name,
        nodes: inference.nodes,
        params,
      })
      metric('bytes', packed.byteLength)
      return { model: packed }
    },
  })
  return Object.freeze({
    ...packing,
    params: rawParams(inference),
    // Its plan changes with whatever the model does.
    source: canonicalJson({ pack: packing.source, inference: compile(inference).hash }),
  })
}

/** Params of the inference nodes under the names by which users set them, as they are kept: they are parsed when it predicts. */
function rawParams(inference: Pipeline): readonly ParamField[] {
  const fields = inference.nodes.flatMap((member) => member.params)
  const params = new Map(
    fields.map(({ name, schema }) => [name, { key: name, name, schema, raw: true as const }]),
  )
  return Object.freeze([...params.values()])
}

function invalid(name: string, reason: string, hint: string): PipelineError {
  return new PipelineError(
    'INFERENCE_INVALID',
    `The inference pipeline "${name}" cannot be derived: ${reason}.`,
    { hint },
  )
}
