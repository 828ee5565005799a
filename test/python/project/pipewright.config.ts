import { join } from 'node:path'

import { dataset, defineProject, node, pipeline, stream, table } from '@pipewright/engine'
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

/** Kept as Parquet, which the function reads as it lies; the stream can be had in no other way. */
const Row = z.object({ date: z.string(), wind: z.number().nullable(), rain: z.boolean() })
const rows = table('rows', Row)
const many = stream('many', Row)
const doubled = table('doubled', Row)
const seen = dataset('seen', z.string())
const three = [4.5, null, 0.25].map((wind, day) => ({ date: `2012-01-0${day}`, wind, rain: true }))
const tables = {
  folder: join(import.meta.dirname, '..', 'fixture'),
  module: 'tables',
  ...(process.env['TABLE_PYTHON'] !== undefined && { python: process.env['TABLE_PYTHON'] }),
}

const collect = node({
  name: 'collect',
  inputs: {},
  outputs: { rows, many },
  run: () => ({ rows: three, many: eachOf(three) }),
})

async function* eachOf<Item>(items: readonly Item[]): AsyncGenerator<Item> {
  yield* items
}

const double = pythonNode({
  name: 'double',
  ...tables,
  function: 'by_pandas',
  inputs: { days: rows },
  outputs: { doubled },
})

const look = pythonNode({
  name: 'look',
  ...tables,
  function: 'by_file',
  inputs: { rows, many },
  outputs: { seen },
})

export const parquet = pipeline('parquet', [collect, double, look])
export const mixed = pipeline('mixed', [gather, fit, add])
export const failing = pipeline('failing', [fails])
export const lost = pipeline('lost', [once])
export const cancelled = pipeline('cancelled', [hangs])

export default defineProject({ pipelines: [parquet, mixed, failing, lost, cancelled] })
