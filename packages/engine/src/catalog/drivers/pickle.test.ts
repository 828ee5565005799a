import { describe, expect, test } from 'vitest'
import * as z from 'zod'

import { dataset } from '../../definition/dataset.ts'
import { pickle } from './pickle.ts'

const model = dataset('model', z.unknown())

describe('pickle', () => {
  test('hands bytes on as they are', () => {
    const bytes = Uint8Array.of(0x80, 0x05, 0x2e)
    expect(pickle.encode(bytes, model)).toBe(bytes)
  })

  test('is neither made nor read here', () => {
    expect(() => pickle.encode({ weights: [1] }, model)).toThrow(
      expect.objectContaining({ code: 'DATASET_NOT_ENCODABLE' }),
    )
    expect(() => pickle.decode(Uint8Array.of(0x80), model, 'data/model.pkl')).toThrow(
      expect.objectContaining({
        code: 'DATASET_PICKLE_REFUSED',
        message: expect.stringContaining('data/model.pkl'),
      }),
    )
  })
})
