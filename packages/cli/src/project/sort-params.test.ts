import { node, param, pipeline } from '@pipewright/engine'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'

import { sortParams } from './sort-params.ts'

const training = pipeline('training', [
  node({
    name: 'train',
    inputs: {},
    outputs: {},
    params: { epochs: z.int(), seed: param('seed', z.int()) },
    run: () => undefined,
  }),
])

describe('what --params gave', () => {
  it('goes to nodes, to the configuration that asks for it, or to both', () => {
    const given = { 'train.epochs': 3, seed: 7, folder: 'x', 'data.raw': 'y' }
    expect(sortParams(training, given, ['folder', 'seed', 'data.raw'])).toEqual({
      params: { 'train.epochs': 3, seed: 7 },
      runtimeParams: { seed: 7, folder: 'x', 'data.raw': 'y' },
    })
  })

  it('that nobody asks for is left to be refused with the params of the nodes', () => {
    expect(sortParams(training, { epoch: 3 }, [])).toEqual({
      params: { epoch: 3 },
      runtimeParams: {},
    })
  })
})
