import { dataset, node, pipeline, table } from '@pipewright/engine'
import * as z from 'zod'

const numbers = table('numbers', z.object({ x: z.number(), y: z.number() }))
const model = dataset('model', z.object({ slope: z.number() }))
const error = dataset('error', z.number())

/** The least-squares line through the origin; `epochs` is only there to be set. */
const train = node({
  name: 'train',
  inputs: { numbers },
  outputs: { model },
  params: z.object({ epochs: z.int().default(5) }),
  run({ numbers }, { params, metric }) {
    const slope =
      numbers.reduce((sum, { x, y }) => sum + x * y, 0) /
      numbers.reduce((sum, { x }) => sum + x * x, 0)
    metric('epochs', params.epochs)
    return { model: { slope } }
  },
})

const evaluate = node({
  name: 'evaluate',
  inputs: { numbers, model },
  outputs: { error },
  tags: ['checks'],
  run({ numbers, model }, { metric }) {
    const error = Math.max(...numbers.map(({ x, y }) => Math.abs(model.slope * x - y)))
    metric('error', error)
    return { error }
  },
})

export const training = pipeline('training', [train, evaluate], { metrics: ['evaluate.error'] })
