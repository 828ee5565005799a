import { expect, it } from 'vitest'
import * as z from 'zod'

import { dataset } from '../definition/dataset.ts'
import { node } from '../definition/node.ts'
import { pipeline } from '../definition/pipeline.ts'
import { canonicalJson } from './canonical-json.ts'
import { compile } from './compile.ts'
import { madeInputs } from './made-inputs.ts'
import type { Plan } from './plan.ts'

const [raw, zebra, apple] = ['raw', 'zebra', 'apple'].map((name) => dataset(name, z.number()))

it('gives the same order for a plan in memory and for its text, without free inputs', () => {
  if (raw === undefined || zebra === undefined || apple === undefined)
    throw new Error('no datasets')
  const made = node({
    name: 'make',
    inputs: {},
    outputs: { apple, zebra },
    run: () => ({ apple: 1, zebra: 2 }),
  })
  const inputs = { second: zebra, free: raw, first: apple, again: zebra }
  const read = node({ name: 'read', inputs, outputs: {}, run: () => undefined })
  const { plan } = compile(pipeline('order', [made, read]))
  // The text of a plan parses to that plan.
  const stored = JSON.parse(canonicalJson(plan)) as Plan
  expect(madeInputs(plan)).toEqual([[], ['apple', 'zebra']])
  expect(madeInputs(stored)).toEqual(madeInputs(plan))
})
