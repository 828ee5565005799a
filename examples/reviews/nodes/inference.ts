import { node } from '@pipewright/engine'

import { classProbabilities, likeliest } from '../classifier/classifier.ts'
import { classifier, features, predictions, probabilities, sections } from '../datasets.ts'

export const predictSections = node({
  name: 'predict_sections',
  inputs: { features, classifier },
  outputs: { probabilities },
  run: ({ features, classifier }) => ({
    probabilities: features.map(({ terms }) => ({
      probabilities: classProbabilities(classifier, terms),
    })),
  }),
})

export const decodePredictions = node({
  name: 'decode_predictions',
  inputs: { probabilities, sections },
  outputs: { predictions },
  run: ({ probabilities, sections }) => ({
    predictions: probabilities.map(({ probabilities }) => {
      const place = likeliest(probabilities)
      return { section: sections[place] ?? '', probability: probabilities[place] ?? 0 }
    }),
  }),
})
