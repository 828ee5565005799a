import { dataset, node, pipeline } from '@pipewright/engine'
import { compile } from '@pipewright/engine/internal'
import { expect, test } from 'vitest'
import * as z from 'zod'

import { drawingOrder } from './drawing-order.ts'

type Edges = Readonly<Record<string, readonly string[]>>

/** Draws nodes by name, each indented by its depth; `edges` says what each one needs. */
function drawn(edges: Edges): readonly string[] {
  const made = new Map(Object.keys(edges).map((name) => [name, dataset(`of_${name}`, z.number())]))
  const nodes = Object.entries(edges).map(([name, needs]) =>
    node({
      name,
      inputs: Object.fromEntries(
        needs.map((need) => [need, made.get(need) ?? dataset(need, z.number())]),
      ),
      outputs: { out: made.get(name) ?? dataset(name, z.number()) },
      run: () => ({ out: 1 }),
    }),
  )
  const { plan } = compile(pipeline('drawn', nodes))
  return drawingOrder(plan).map(({ index, depth }) => '-'.repeat(depth) + plan.nodes[index]?.name)
}

test('a chain is drawn in one piece before the next one begins', () => {
  expect(drawn({ a: [], x: [], b: ['a'], y: ['x'], c: ['b'] })).toEqual([
    'a',
    '-b',
    '--c',
    'x',
    '-y',
  ])
})

test('a node is drawn below all that it needs', () => {
  const order = drawn({
    top: [],
    left: ['top'],
    right: ['top'],
    join: ['left', 'right'],
    far: ['join', 'top'],
  })
  expect(order).toEqual(['top', '-left', '-right', '--join', '---far'])
})

test('ten thousand nodes in a chain are drawn without a deep stack', () => {
  const edges = Object.fromEntries(
    Array.from({ length: 10_000 }, (_, at) => [`n${at}`, at === 0 ? [] : [`n${at - 1}`]]),
  )
  expect(drawn(edges)).toHaveLength(10_000)
})
