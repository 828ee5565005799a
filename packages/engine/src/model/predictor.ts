import * as z from 'zod'

import { describeIssues, type Issue } from '../catalog/describe-issues.ts'
import { assertJson } from '../catalog/drivers/assert-json.ts'
import { fromStored, toStored } from '../catalog/validate.ts'
import type { Dataset } from '../definition/dataset.ts'
import type { NodeLog } from '../definition/node-context.ts'
import type { AnyNode } from '../definition/node.ts'
import { UsageError } from '../errors.ts'
import { executeNode } from '../run/execute-node.ts'
import { inOrder } from './in-order.ts'
import type { ModelManifest } from './manifest.ts'

/** What a {@link Predictor} runs. */
export interface PredictorOptions {
  readonly manifest: Pick<ModelManifest, 'name' | 'input' | 'output' | 'params'>
  /** Nodes of the inference pipeline, in any order. */
  readonly nodes: readonly AnyNode[]
  /** Values that training made, by dataset. Nodes get them as they are, so they must not change them. */
  readonly artifacts: ReadonlyMap<string, unknown>
}

const silent: NodeLog = { debug() {}, info() {}, warn() {}, error() {} }

/**
 * Runs an inference pipeline on rows, in memory: the same functions, params and checks of datasets as a run of the
 * pipeline has, without a store.
 */
export class Predictor {
  readonly #options: PredictorOptions
  readonly #nodes: readonly AnyNode[]
  readonly #input: Dataset
  readonly #closing = new AbortController()

  /** @throws UsageError `MODEL_INVALID` when the nodes do not read the input */
  constructor(options: PredictorOptions) {
    const { name, input } = options.manifest
    this.#options = options
    this.#nodes = inOrder(name, options.nodes)
    const dataset = options.nodes
      .flatMap((node) => Object.values(node.inputs))
      .find((read) => read.name === input)
    if (dataset === undefined)
      throw new UsageError(
        'MODEL_INVALID',
        `No node of model "${name}" reads its input "${input}".`,
      )
    this.#input = dataset
  }

  /** @throws UsageError `INVALID_MODEL_INPUT`; whatever a node throws */
  async predict(rows: readonly unknown[]): Promise<readonly unknown[]> {
    const { signal } = this.#closing
    const { manifest, artifacts } = this.#options
    signal.throwIfAborted()
    const values = new Map(artifacts)
    values.set(manifest.input, await this.#accept(rows))
    let predicted: readonly unknown[] = []
    const keep = async (dataset: Dataset, value: unknown): Promise<void> => {
      const stored = await toStored(dataset, value)
      if (dataset.name === manifest.output) {
        assertJson(stored, dataset.name)
        // The schema of the output is an array's: the pipeline was refused otherwise.
        predicted = stored as readonly unknown[]
      }
      values.set(dataset.name, await fromStored(dataset, stored, 'the node that made it'))
    }
    for (const node of this.#nodes)
      // oxlint-disable-next-line no-await-in-loop -- producers before dependents
      await executeNode({
        node,
        runId: `model-${manifest.name}`,
        pipeline: manifest.name,
        instance: node.name,
        attempt: 1,
        params: manifest.params,
        load: ({ name }) => values.get(name),
        save: keep,
        signal,
        log: silent,
        onMetric: () => {},
      })
    return predicted
  }

  /** Aborts the signal of calls that are under way; later ones are refused. */
  close(): void {
    this.#closing.abort(
      new UsageError('MODEL_CLOSED', `Model "${this.#options.manifest.name}" is closed.`, {
        hint: 'Load it again.',
      }),
    )
  }

  async #accept(rows: readonly unknown[]): Promise<unknown> {
    const result = await decode(this.#input.schema, rows)
    if (result.success) return result.data
    throw refused(this.#options.manifest.name, result.error.issues)
  }
}

async function decode(
  schema: z.ZodType,
  rows: readonly unknown[],
): Promise<z.ZodSafeParseResult<unknown>> {
  try {
    return z.safeDecode(schema, rows)
  } catch (error) {
    // By name: a project may have its own copy of zod.
    if (!(error instanceof Error) || error.constructor.name !== '$ZodAsyncError') throw error
    return await z.safeDecodeAsync(schema, rows)
  }
}

function refused(model: string, issues: readonly Issue[]): UsageError {
  const row = issues[0]?.path[0]
  const hint = 'See inputSchema in the model’s pipewright.json for what a row may be.'
  if (typeof row !== 'number')
    return new UsageError(
      'INVALID_MODEL_INPUT',
      `Model "${model}" takes an array of rows: ${describeIssues(issues)}.`,
      { hint },
    )
  const ofRow = issues
    .filter(({ path }) => path[0] === row)
    .map((issue) => Object.assign({}, issue, { path: issue.path.slice(1) }))
  return new UsageError(
    'INVALID_MODEL_INPUT',
    `Model "${model}" refuses row ${row}: ${describeIssues(ofRow)}.`,
    { hint },
  )
}
