import { describe, expect, it } from 'vitest'
import * as z from 'zod'

import { dataset } from '../definition/dataset.ts'
import { node } from '../definition/node.ts'
import { pipeline } from '../definition/pipeline.ts'
import { checkInputs } from './check-inputs.ts'
import { compile } from './compile.ts'

const days = dataset('days', z.number())
const regions = dataset('regions', z.number())
const model = dataset('model', z.number())
const clean = node({ name: 'clean', inputs: { days }, outputs: {}, run() {} })
const train = node({
  name: 'train',
  inputs: { days, regions },
  outputs: { model },
  run: () => ({ model: 1 }),
})

describe('checkInputs', () => {
  const compiled = compile(pipeline('training', [clean, train]))

  it('is content when every free input is known', () => {
    expect(() => checkInputs(compiled, ['days', 'regions', 'other'])).not.toThrow()
  })

  it('names the dataset, the nodes that read it, and the nearest names', () => {
    expect(() => checkInputs(compiled, ['day', 'regions'])).toThrow(
      expect.objectContaining({
        code: 'MISSING_INPUT',
        message:
          'Pipeline "training": dataset "days", read by "clean", "train", is made by no node, is not in the catalog and is not given.',
        hint: expect.stringContaining('Did you mean "day"?'),
      }),
    )
  })

  it('names the other missing inputs as well', () => {
    expect(() => checkInputs(compiled, [])).toThrow(/Missing too: regions\.$/)
  })

  it('counts the readers that are not named', () => {
    const readers = Array.from({ length: 7 }, (_, i) =>
      node({ name: `r${i}`, inputs: { days }, outputs: {}, run() {} }),
    )
    expect(() => checkInputs(compile(pipeline('p', readers)), [])).toThrow(
      /read by "r0", "r1", "r2", 4 more,/,
    )
  })
})
