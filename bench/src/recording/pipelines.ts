import { dataset, node, pipeline, type Dataset, type Node, type Pipeline } from '@pipewright/engine'
import * as z from 'zod'

import { chain, layered, type Shape } from '../shapes.ts'

const Passed = z.object({ index: z.number(), label: z.string() })

const params = z.object({
  rate: z.number().default(0.1),
  depth: z.int().default(6),
  seed: z.int().default(17),
  loss: z.string().default('squared'),
  bagged: z.boolean().default(true),
})

const metrics = ['loss', 'f1', 'recall', 'precision', 'seconds']

/** 200 nodes with five params and five metrics each, which record and do nothing else. */
export const recorded: Pipeline = pipelineOf('recorded', layered(10, 20), metrics)

/** A hundred nodes in a row with one metric each: what kedro-mlflow is given too. */
export const chain100: Pipeline = pipelineOf('chain', chain(100), ['value'])

/** The same of one node: what the start of a process costs. */
export const single: Pipeline = pipelineOf('single', chain(1), ['value'])

function pipelineOf(name: string, shape: Shape, metrics: readonly string[]): Pipeline {
  const made: Dataset[] = []
  const nodes: Node[] = []
  for (let index = 0; index < shape.nodes; index += 1) {
    const inputs: Record<string, Dataset> = {}
    for (const producer of shape.inputs(index)) {
      // Producers come before their dependents.
      inputs[`d${producer}`] = made[producer] as Dataset
    }
    const out = dataset(`d${index}`, Passed)
    nodes.push(
      node({
        name: `n${index}`,
        inputs,
        outputs: { out },
        ...(metrics.length > 1 && { params }),
        run(_, { metric }) {
          for (const [place, key] of metrics.entries()) metric(key, index + place / 10)
          return { out: { index, label: 'a small dataset' } }
        },
      }),
    )
    made.push(out)
  }
  return pipeline(name, nodes)
}
