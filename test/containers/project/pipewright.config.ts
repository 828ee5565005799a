import { dataset, defineProject, node, pipeline } from '@pipewright/engine'
import * as z from 'zod'

const numbers = dataset('numbers', z.array(z.number()))
const squares = dataset('squares', z.array(z.number()))
const cubes = dataset('cubes', z.array(z.number()))
const total = dataset('total', z.number())

const count = node({
  name: 'count',
  inputs: {},
  outputs: { numbers },
  run: () => ({ numbers: [1, 2, 3] }),
})
const square = node({
  name: 'square',
  inputs: { numbers },
  outputs: { squares },
  run: ({ numbers: each }) => ({ squares: each.map((value) => value ** 2) }),
})
const cube = node({
  name: 'cube',
  inputs: { numbers },
  outputs: { cubes },
  run: ({ numbers: each }) => ({ cubes: each.map((value) => value ** 3) }),
})
const sum = node({
  name: 'sum',
  inputs: { squares, cubes },
  outputs: { total },
  run({ squares: left, cubes: right }, { metric }) {
    const value = [...left, ...right].reduce((one, two) => one + two, 0)
    metric('total', value)
    return { total: value }
  },
})

export default defineProject({ pipelines: [pipeline('powers', [count, square, cube, sum])] })
