import { createRequire } from 'node:module'
import { join } from 'node:path'

import { UsageError } from '@pipewright/engine'

/** The part of `onnxruntime-node` that is used here: it is an optional peer, so its types may not be there. */
export interface OnnxRuntime {
  readonly InferenceSession: {
    create(path: string, options: Readonly<Record<string, unknown>>): Promise<OnnxSession>
  }
  readonly Tensor: new (type: string, data: TensorData, dims: readonly number[]) => OnnxTensor
}

export interface OnnxSession {
  readonly outputNames: readonly string[]
  readonly inputMetadata: readonly OnnxInput[]
  run(feeds: Readonly<Record<string, OnnxTensor>>): Promise<Readonly<Record<string, OnnxTensor>>>
  release(): Promise<void>
}

export interface OnnxInput {
  readonly name: string
  readonly isTensor: boolean
  /** Such as `float32`. */
  readonly type: string
  /** A dimension with a name has any length. */
  readonly shape: readonly (number | string)[]
}

export interface OnnxTensor {
  readonly type: string
  readonly dims: readonly number[]
  readonly data: TensorData
}

export type TensorData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | readonly string[]

/**
 * Loads `onnxruntime-node`, from one of the folders or beside this package.
 *
 * @throws UsageError `ONNX_RUNTIME_MISSING`
 */
export function loadOnnxRuntime(folders: readonly string[]): OnnxRuntime {
  const reasons: unknown[] = []
  for (const place of [...folders.map((folder) => join(folder, 'package.json')), import.meta.url]) {
    try {
      // What the package exports is its own affair; the parts named above are its public, documented ones.
      return createRequire(place)('onnxruntime-node') as OnnxRuntime
    } catch (error) {
      reasons.push(error)
    }
  }
  throw new UsageError('ONNX_RUNTIME_MISSING', 'onnxruntime-node cannot be loaded.', {
    hint: 'Install it in the project: ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node. Or serve the model with --flavor python_function.',
    cause: new AggregateError(reasons),
  })
}
