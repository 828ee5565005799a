import { describe, expect, test } from 'vitest'
import * as z from 'zod'

import { dataset } from '../../definition/dataset.ts'
import { driverConformance } from '../../testing/driver-conformance.ts'
import { bytes } from './bytes.ts'

const image = dataset('image', z.instanceof(Uint8Array))

describe('the bytes driver', () => {
  const suite = driverConformance({
    driver: bytes,
    samples: [
      { name: 'no bytes', dataset: image, value: new Uint8Array() },
      {
        name: 'every byte',
        dataset: image,
        value: Uint8Array.from({ length: 256 }, (_, index) => index),
      },
      { name: 'a megabyte', dataset: image, value: new Uint8Array(1_048_576).fill(7) },
    ],
    refused: [
      { name: 'text', dataset: image, value: 'abc', path: 'Uint8Array' },
      { name: 'a list of numbers', dataset: image, value: [1, 2], path: 'Uint8Array' },
      {
        name: 'a view of larger numbers',
        dataset: image,
        value: new Float64Array(2),
        path: 'Uint8Array',
      },
    ],
  })
  test.each(suite)('$name', async ({ run }) => {
    await expect(run()).resolves.toBeUndefined()
  })

  test('gives a plain Uint8Array for the Buffer of a file', () => {
    const decoded = bytes.decode(Buffer.from('ab'), image, 'a.bin')
    expect(Object.getPrototypeOf(decoded)).toBe(Uint8Array.prototype)
  })
})
