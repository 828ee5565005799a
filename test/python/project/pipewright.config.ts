import { join } from 'node:path'

import { dataset, defineProject, node, pipeline } from '@pipewright/engine'
import { pythonNode } from '@pipewright/python'
import * as z from 'zod'

const days = dataset('days', z.array(z.object({ date: z.string(), wind: z.number() })))
const model = dataset('model', z.object({ weights: z.array(z.number()) }))
const sum = dataset('sum', z.number())
const python = { folder: join(import.meta.dirname, '..', 'fixture'), module: 'plain' }

const gather = node({
  name: 'gather',
  inputs: {},
  outputs: { days },
  run: () => ({ days: [3, 4, 5].map((wind) => ({ date: `2012-01-0${wind}`, wind })) }),
})

const fit = pythonNode({
  name: 'fit',
  ...python,
  function: 'fit',
  inputs: { days },
  outputs: { model },
  params: { factor: z.number().default(2) },
})

const add = node({
  name: 'add',
  inputs: { model },
  outputs: { sum },
  run: ({ model }) => ({ sum: model.weights.reduce((one, two) => one + two, 0) }),
})

const fails = pythonNode({
  name: 'fails',
  ...python,
  function: 'fails',
  inputs: {},
  outputs: {},
  retries: 1,
  backoff: { delay: 10 },
})

const path = { path: z.string() }
const once = pythonNode({
  name: 'once',
  ...python,
  function: 'hangs_once',
  inputs: {},
  outputs: {},
  params: path,
})

const hangs = pythonNode({
  name: 'hangs',
  ...python,
  function: 'hangs',
  inputs: {},
  outputs: {},
  params: path,
})

export const mixed = pipeline('mixed', [gather, fit, add])
export const failing = pipeline('failing', [fails])
export const lost = pipeline('lost', [once])
export const cancelled = pipeline('cancelled', [hangs])

export default defineProject({ pipelines: [mixed, failing, lost, cancelled] })
