import { describe, expect, test } from 'vitest'
import * as z from 'zod'

import { dataset } from '../../definition/dataset.ts'
import { driverConformance } from '../../testing/driver-conformance.ts'
import { model } from './model.ts'

const packed = dataset('sentiment_model', z.instanceof(Uint8Array))

describe('the model driver', () => {
  const suite = driverConformance({
    driver: model,
    samples: [{ name: 'a tar', dataset: packed, value: new Uint8Array(10_240).fill(7) }],
    refused: [{ name: 'text', dataset: packed, value: 'abc', path: 'Uint8Array' }],
  })
  test.each(suite)('$name', async ({ run }) => {
    await expect(run()).resolves.toBeUndefined()
  })
})
