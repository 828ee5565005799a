import type { Dataset } from '../../definition/dataset.ts'
import { DatasetError } from '../../errors.ts'
import type { Driver } from '../driver.ts'
import { notDecodable } from '../not-decodable.ts'
import { bytes } from './bytes.ts'
import { notOnnx } from './onnx-check.ts'

/** A model in ONNX as the bytes of its file. What is not one is told when it is saved, not when it is served. */
export const onnx: Driver = {
  name: 'onnx',
  extension: '.onnx',
  mediaType: 'application/octet-stream',
  text: false,
  encode(value: unknown, dataset: Dataset): Promise<Uint8Array> | Uint8Array {
    const problem = value instanceof Uint8Array ? notOnnx(value) : undefined
    if (problem === undefined) return bytes.encode(value, dataset)
    throw new DatasetError(
      'DATASET_NOT_ENCODABLE',
      `Dataset '${dataset.name}' cannot be written as ONNX: at / are bytes that are no model (${problem}).`,
      {
        dataset: dataset.name,
        hint: 'Return the bytes of a serialized ModelProto, or use the type bytes.',
      },
    )
  },
  decode(encoded: Uint8Array, dataset: Dataset, where: string): unknown {
    const problem = notOnnx(encoded)
    if (problem !== undefined)
      throw notDecodable(dataset, where, `it is no ONNX model: ${problem}.`)
    return bytes.decode(encoded, dataset, where)
  },
}
