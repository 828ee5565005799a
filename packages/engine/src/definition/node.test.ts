import { describe, expect, it } from 'vitest'
import * as z from 'zod'

import { dataset } from './dataset.ts'
import { node } from './node.ts'
import { param } from './param.ts'

const days = dataset('days', z.number())
const model = dataset('model', z.number())

const define = (definition: object) => (): unknown =>
  node({ name: 'n', inputs: {}, outputs: {}, run() {}, ...definition })

describe('node', () => {
  it('fills in the defaults', () => {
    const train = node({
      name: 'train',
      inputs: { days },
      outputs: { model },
      run: () => ({ model: 1 }),
    })
    expect(train).toMatchObject({
      params: [],
      retry: { retries: 0 },
      timeout: undefined,
      queue: 'default',
      isolation: 'thread',
      tags: [],
    })
  })

  it('is frozen and does not follow later changes of its definition', () => {
    const tags = ['slow']
    const inputs = { days }
    const train = node({ name: 'train', inputs, outputs: {}, tags, run() {} })
    tags.push('late')
    Object.assign(inputs, { more: model })
    expect(train.tags).toEqual(['slow'])
    expect(Object.keys(train.inputs)).toEqual(['days'])
    expect(
      Object.isFrozen(train) && Object.isFrozen(train.inputs) && Object.isFrozen(train.params),
    ).toBe(true)
  })

  it('keeps the source text of the function', () => {
    const train = node({ name: 'train', inputs: {}, outputs: {}, run: () => 'the work' })
    expect(train.source).toContain('the work')
  })

  it('names its own params after itself, and shared ones by their bare name', () => {
    const seed = param('seed', z.int())
    const record = node({
      name: 'train',
      inputs: {},
      outputs: {},
      params: { epochs: z.int(), s: seed },
      run() {},
    })
    expect(record.params.map(({ key, name }) => [key, name])).toEqual([
      ['epochs', 'train.epochs'],
      ['s', 'seed'],
    ])
    const object = node({
      name: 'train',
      inputs: {},
      outputs: {},
      params: z.object({ epochs: z.int() }),
      run() {},
    })
    expect(object.params.map(({ key, name }) => [key, name])).toEqual([['epochs', 'train.epochs']])
  })

  it('refuses bad names, durations and retries', () => {
    expect(define({ name: 'a b' })).toThrow(expect.objectContaining({ code: 'INVALID_NAME' }))
    expect(define({ queue: 'a:b' })).toThrow(expect.objectContaining({ code: 'INVALID_NAME' }))
    expect(define({ timeout: '10' })).toThrow(expect.objectContaining({ code: 'INVALID_DURATION' }))
    expect(define({ retries: -1 })).toThrow(expect.objectContaining({ code: 'INVALID_RETRIES' }))
    const range = z.object({ min: z.int(), max: z.int() }).refine((r) => r.min < r.max)
    expect(define({ params: range })).toThrow(expect.objectContaining({ code: 'PARAMS_REFINED' }))
    expect(() => param('a b', z.int())).toThrow(expect.objectContaining({ code: 'INVALID_NAME' }))
  })
})
