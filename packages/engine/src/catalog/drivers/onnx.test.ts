import { describe, expect, test } from 'vitest'
import * as z from 'zod'

import { dataset } from '../../definition/dataset.ts'
import { driverConformance } from '../../testing/driver-conformance.ts'
import { onnx } from './onnx.ts'

const model = dataset('model', z.instanceof(Uint8Array))

/** Version 9 of the format, who made it, and a graph named "g" without nodes. */
const smallest = new Uint8Array(Buffer.from('08091204746573743a0312016742021011', 'hex'))

describe('the onnx driver', () => {
  const suite = driverConformance({
    driver: onnx,
    samples: [{ name: 'a model', dataset: model, value: smallest }],
    refused: [
      { name: 'what is no bytes', dataset: model, value: 'x', path: 'Uint8Array' },
      { name: 'bytes that are no model', dataset: model, value: Uint8Array.of(1, 2, 3), path: '/' },
      {
        name: 'a model without a graph',
        dataset: model,
        value: smallest.slice(0, 8),
        path: 'no graph',
      },
    ],
    broken: [
      { name: 'an empty file', dataset: model, bytes: new Uint8Array() },
      { name: 'a model that was cut', dataset: model, bytes: smallest.slice(0, -1) },
      { name: 'JSON', dataset: model, bytes: Buffer.from('{"graph":{}}') },
    ],
  })
  test.each(suite)('$name', async ({ run }) => {
    await expect(run()).resolves.toBeUndefined()
  })
})
