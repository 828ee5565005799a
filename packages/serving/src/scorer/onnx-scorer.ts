import { join } from 'node:path'

import { UsageError } from '@pipewright/engine'

import type { ModelFolder } from '../model-folder.ts'
import { contractViolated } from '../protocol/scoring-error.ts'
import { toFeeds } from './onnx-feeds.ts'
import {
  loadOnnxRuntime,
  type OnnxRuntime,
  type OnnxSession,
  type OnnxTensor,
} from './onnx-runtime.ts'
import type { Scorer } from './scorer.ts'
import { nest, plainValues, tensorData } from './tensor.ts'

/**
 * An ONNX model, in this thread.
 *
 * @param runtimeFrom Folders from which `onnxruntime-node` is looked up.
 * @throws UsageError `ONNX_RUNTIME_MISSING`, `MODEL_UNREADABLE`
 */
export async function openOnnxScorer(
  folder: ModelFolder,
  runtimeFrom: readonly string[],
): Promise<Scorer> {
  const runtime = loadOnnxRuntime(runtimeFrom)
  const session = await openSession(folder, runtime)
  return {
    kindOf: () => undefined,
    async predict(input) {
      const { tensors, asRecords } = toFeeds(input, session.inputMetadata, folder.inputs)
      const feeds = Object.fromEntries(
        session.inputMetadata.map(({ name, type }) => {
          const { values, dims } = tensors[name] ?? { values: [], dims: [0] }
          return [name, new runtime.Tensor(type, tensorData(values, type, name), dims)]
        }),
      )
      const results = await session.run(feeds)
      const named = session.outputNames.map((name) => [name, results[name]] as const)
      return asRecords ? recordsOf(named) : byName(named)
    },
    close: () => session.release(),
  }
}

async function openSession(folder: ModelFolder, runtime: OnnxRuntime): Promise<OnnxSession> {
  const flavor = folder.flavors.onnx ?? {}
  const data = typeof flavor['data'] === 'string' ? flavor['data'] : 'model.onnx'
  try {
    return await runtime.InferenceSession.create(join(folder.path, data), {
      // Requests run beside each other in threads of ours; more of them would be in each other's way.
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      ...sessionOptions(flavor['onnx_session_options']),
    })
  } catch (error) {
    throw new UsageError(
      'MODEL_UNREADABLE',
      `${join(folder.path, data)} cannot be loaded: ${error instanceof Error ? error.message : String(error)}`,
      { hint: 'Check that the file is whole, and that its operators are those of this runtime.' },
    )
  }
}

/** MLflow's options of a session, by their names in Node. */
function sessionOptions(options: unknown): Readonly<Record<string, unknown>> {
  if (typeof options !== 'object' || options === null) return {}
  const given = new Map<string, unknown>(Object.entries(options))
  const found = [
    ['intraOpNumThreads', given.get('intra_op_num_threads')],
    ['interOpNumThreads', given.get('inter_op_num_threads')],
    ['executionMode', given.get('execution_mode')?.toString().toLowerCase()],
  ] as const
  return Object.fromEntries(found.filter(([, value]) => value !== undefined && value !== null))
}

type Named = readonly (readonly [string, OnnxTensor | undefined])[]

function byName(results: Named): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    results.map(([name, tensor]) => [
      name,
      tensor === undefined ? null : nest(plainValues(tensor.data), tensor.dims),
    ]),
  )
}

/** Each output is laid out in one line and is a column of the result. */
function recordsOf(results: Named): readonly Readonly<Record<string, unknown>>[] {
  const columns = results.map(
    ([name, tensor]) => [name, tensor === undefined ? [] : plainValues(tensor.data)] as const,
  )
  const length = columns[0]?.[1].length ?? 0
  if (columns.some(([, values]) => values.length !== length)) {
    const sizes = columns.map(([name, values]) => `${name} ${values.length}`).join(', ')
    throw contractViolated(
      `The outputs differ in size (${sizes}), so they make no table: send the input as "inputs".`,
    )
  }
  return Array.from({ length }, (_, index) =>
    Object.fromEntries(columns.map(([name, values]) => [name, values[index]])),
  )
}
