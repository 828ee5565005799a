import { node } from '@pipewright/engine'
import * as z from 'zod'

import type { Epoch } from '../classifier/epoch.ts'
import { joinRows } from '../classifier/join-rows.ts'
import { scoreClassifier } from '../classifier/score.ts'
import { trainClassifier } from '../classifier/train.ts'
import {
  classes,
  classifier,
  contentWords,
  features,
  learningCurve,
  learningPlot,
  score,
  sections,
  testExamples,
  trainingExamples,
  validationExamples,
  vocabulary,
} from '../datasets.ts'
import { seed } from '../params.ts'
import { plotLearning } from '../report/learning-plot.ts'
import { makeVocabulary } from '../text/vocabulary.ts'

export const fitVocabulary = node({
  name: 'fit_vocabulary',
  inputs: { contentWords, classes },
  outputs: { vocabulary },
  params: { size: z.int().positive().default(2000) },
  run({ contentWords, classes }, { params, metric }) {
    const learnt = joinRows(contentWords, classes).filter(({ part }) => part === 'training')
    const texts = learnt.map(({ words }) => words)
    const vocabulary = makeVocabulary(texts, params.size)
    metric('words', vocabulary.length)
    return { vocabulary }
  },
})

export const createTrainingData = node({
  name: 'create_training_data',
  inputs: { features, classes },
  outputs: { trainingExamples, validationExamples, testExamples },
  run({ features, classes }) {
    const rows = joinRows(features, classes)
    const examples = (wanted: string) =>
      rows
        .filter(({ part }) => part === wanted)
        .map((row) => ({ terms: row.terms, class: row.class }))
    return {
      trainingExamples: examples('training'),
      validationExamples: examples('validation'),
      testExamples: examples('test'),
    }
  },
})

export const train = node({
  name: 'train',
  inputs: { trainingExamples, validationExamples, sections, vocabulary },
  outputs: { classifier, learningCurve },
  params: {
    epochs: z.int().positive().default(60),
    learningRate: z.number().positive().default(2),
    decay: z.number().min(0).max(1).default(0.0001),
    patience: z.int().positive().default(5),
    seed,
  },
  retries: 1,
  timeout: '10m',
  run(inputs, { params, metric, signal }) {
    const size = { classes: inputs.sections.length, terms: inputs.vocabulary.length }
    const learningCurve: Epoch[] = []
    const classifier = trainClassifier(
      inputs.trainingExamples,
      inputs.validationExamples,
      { ...size, ...params },
      (epoch) => {
        signal.throwIfAborted()
        learningCurve.push(epoch)
        metric('training_loss', epoch.trainingLoss, epoch.epoch)
        metric('validation_loss', epoch.validationLoss, epoch.epoch)
        metric('training_accuracy', epoch.trainingAccuracy, epoch.epoch)
        metric('validation_accuracy', epoch.validationAccuracy, epoch.epoch)
      },
    )
    return { classifier, learningCurve }
  },
})

export const plotTraining = node({
  name: 'plot_training',
  inputs: { learningCurve, classifier, vocabulary, sections },
  outputs: { learningPlot },
  timeout: '2m',
  run: async (inputs) => ({ learningPlot: await plotLearning(inputs) }),
})

/** The only node that reads the test. */
export const evaluate = node({
  name: 'evaluate',
  inputs: { classifier, testExamples, sections },
  outputs: { score },
  run({ classifier, testExamples, sections }, { metric }) {
    const score = scoreClassifier(classifier, testExamples)
    metric('f1', score.f1)
    metric('accuracy', score.accuracy)
    metric('log_loss', score.logLoss)
    metric('majority_accuracy', score.majorityAccuracy)
    for (const [k, section] of sections.entries())
      metric(`f1_${section}`, score.classes[k]?.f1 ?? 0)
    return { score }
  },
})
