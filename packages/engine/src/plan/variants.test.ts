import { describe, expect, test } from 'vitest'
import * as z from 'zod'

import { dataset } from '../definition/dataset.ts'
import { namespace } from '../definition/namespace.ts'
import { node } from '../definition/node.ts'
import { pipeline } from '../definition/pipeline.ts'
import { slice } from '../definition/slice.ts'
import { datasetOf, findKept } from '../definition/variant.ts'
import { compile } from './compile.ts'
import { madeInputs } from './made-inputs.ts'

const asText = dataset('rows@text', z.string())
const asRows = dataset('rows@csv', z.array(z.object({ x: z.number() })))
const total = dataset('total', z.number())

const write = node({
  name: 'write',
  inputs: {},
  outputs: { rows: asText },
  run: () => ({ rows: 'x\n1\n' }),
})
const read = node({
  name: 'read',
  inputs: { rows: asRows },
  outputs: { total },
  run: () => ({ total: 1 }),
})

describe('variants of a dataset', () => {
  test('are one dataset: what makes the one runs before what reads the other', () => {
    const { plan } = compile(pipeline('p', [read, write]))
    expect(plan.nodes.map(({ name }) => name)).toEqual(['write', 'read'])
    expect(plan.inputs).toEqual([])
    expect(plan.outputs).toEqual(['total'])
    // The ledger has the reference under the name by which it was made.
    expect(madeInputs(plan)).toEqual([[], ['rows@text']])
  })

  test('that nobody makes are inputs under their own names', () => {
    const text = node({
      name: 'text',
      inputs: { rows: asText },
      outputs: {},
      run: () => undefined,
    })
    expect(compile(pipeline('p', [read, text])).plan.inputs).toEqual(['rows@csv', 'rows@text'])
  })

  test('cannot have two makers, nor be made from each other in one node', () => {
    const again = node({
      name: 'again',
      inputs: {},
      outputs: { rows: asRows },
      run: () => ({ rows: [] }),
    })
    expect(() => compile(pipeline('p', [write, again]))).toThrow(
      expect.objectContaining({ code: 'DUPLICATE_OUTPUT' }),
    )
    const itself = node({
      name: 'itself',
      inputs: { rows: asRows },
      outputs: { text: asText },
      run: () => ({ text: '' }),
    })
    expect(() => compile(pipeline('p', [itself]))).toThrow(
      expect.objectContaining({ code: 'PIPELINE_CYCLE' }),
    )
  })

  test('stay one dataset in slices and namespaces', () => {
    const both = pipeline('p', [write, read])
    expect(slice(both, { fromNodes: ['write'] }).nodes.map(({ name }) => name)).toEqual([
      'write',
      'read',
    ])
    expect(slice(both, { fromInputs: ['rows'] }).nodes.map(({ name }) => name)).toEqual(['read'])
    const { plan } = compile(namespace(both, 'uk'))
    expect(plan.inputs).toEqual([])
    expect(madeInputs(plan)).toEqual([[], ['uk.rows@text']])
  })
})

describe('findKept', () => {
  test('finds what was made under the name of another variant, the own name first', () => {
    expect(datasetOf('uk.rows@csv')).toBe('uk.rows')
    expect(findKept({ 'rows@text': 1, other: 2 }, 'rows@csv')).toBe(1)
    expect(findKept({ 'rows@text': 1, 'rows@csv': 2 }, 'rows@csv')).toBe(2)
    expect(findKept({ row: 1 }, 'rows@csv')).toBeUndefined()
    expect(findKept({}, 'toString')).toBeUndefined()
  })
})
