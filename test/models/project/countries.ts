import { inferencePipeline, namespace, pipeline } from '@pipewright/engine'

import { predict } from './nodes.ts'
import { training } from './sentiment.ts'

/** Nodes that no module exports by themselves: they are found in the pipelines that are exported. */
export const countries = pipeline('countries', [namespace(training, 'uk')])
export const predicting = namespace(pipeline('predicting', [predict]), 'uk')

const [ukPredict] = predicting.nodes
const [ukSplit] = countries.nodes
if (ukPredict === undefined || ukSplit === undefined) throw new Error('a namespace keeps its nodes')

export const uk = inferencePipeline(countries, {
  name: 'uk.sentiment',
  // `namespace` makes datasets of its own: these are the ones that its nodes read and make.
  input: ukSplit.inputs['reviews'] ?? never('reviews'),
  output: ukPredict.outputs['predictions'] ?? never('predictions'),
  nodes: ['uk.split', ukPredict],
  example: [],
  code: import.meta.url,
})

function never(name: string): never {
  throw new Error(`a namespace keeps ${name}`)
}
