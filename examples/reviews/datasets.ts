import { dataset, table } from '@pipewright/engine'
import * as z from 'zod'

import { Classifier } from './classifier/classifier.ts'
import { Epoch } from './classifier/epoch.ts'
import { Example, Terms } from './classifier/example.ts'
import { Score } from './classifier/score.ts'
import { Part } from './text/part.ts'
import { Vocabulary } from './text/vocabulary.ts'

/** The file as it came. */
export const entries = table(
  'entries',
  z.object({ section: z.string(), name: z.string(), text: z.string() }),
)

const Text = z.object({ text: z.string().trim().min(1).max(20_000) })
const Words = z.object({ words: z.array(z.string()) })

/** Texts, a row each: what training learns from, and what the model is asked about. */
export const instances = table('instances', Text)
/** The answers, in the order of `instances`. */
export const labels = table('labels', z.object({ section: z.string(), part: Part }))

/** Words that every English text has. */
export const stopwords = dataset('stopwords', z.array(z.string()))

/** All sections; a section's class is its place. */
export const sections = dataset('sections', z.array(z.string()).min(2))
export const classes = table('classes', z.object({ class: z.int(), part: Part }))

export const lowercase = table('lowercase', Text)
export const spaced = table('spaced', z.object({ text: z.string() }))
export const words = table('words', Words)
export const contentWords = table('content_words', Words)
export const vocabulary = dataset('vocabulary', Vocabulary)
export const features = table('features', z.object({ terms: Terms }))

export const trainingExamples = dataset('training_examples', z.array(Example))
export const validationExamples = dataset('validation_examples', z.array(Example))
export const testExamples = dataset('test_examples', z.array(Example))

export const classifier = dataset('classifier', Classifier)
export const learningCurve = table('learning_curve', Epoch)
export const score = dataset('score', Score)
export const learningPlot = dataset('learning_plot', z.string())

export const probabilities = table(
  'probabilities',
  z.object({ probabilities: z.array(z.number()) }),
)
/** What the model answers, in the order of `instances`. */
export const predictions = table(
  'predictions',
  z.object({ section: z.string(), probability: z.number() }),
)
