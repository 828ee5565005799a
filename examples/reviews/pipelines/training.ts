import { inferencePipeline, pipeline } from '@pipewright/engine'

import { instances, labels, predictions } from '../datasets.ts'
import { decodePredictions, predictSections } from '../nodes/inference.ts'
import { encodeLabels, fitSections } from '../nodes/labels.ts'
import {
  lowercaseText,
  removePunctuation,
  removeStopwords,
  splitWords,
  weighWords,
} from '../nodes/text.ts'
import {
  createTrainingData,
  evaluate,
  fitVocabulary,
  plotTraining,
  train,
} from '../nodes/training.ts'

/** From labelled texts to a classifier, its plot and its score. */
const learning = pipeline(
  'training',
  [
    fitSections,
    encodeLabels,
    lowercaseText,
    removePunctuation,
    splitWords,
    removeStopwords,
    fitVocabulary,
    weighWords,
    createTrainingData,
    train,
    plotTraining,
    evaluate,
  ],
  { metrics: ['evaluate.f1', 'evaluate.accuracy'] },
)

/**
 * From texts to their sections: the nodes of the training that have the tag `inference`, and two of its own. The stop words,
 * the vocabulary, the classifier and the sections that they need are found by the graph.
 */
export const inference = inferencePipeline(learning, {
  name: 'section-finder',
  input: instances,
  output: predictions,
  tag: 'inference',
  nodes: [predictSections, decodePredictions],
  code: import.meta.url,
  evaluation: { metric: 'evaluate.f1', data: [instances, labels] },
})

export const { training } = inference
