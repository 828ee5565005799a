import { classProbabilities, type Classifier } from './classifier.ts'
import type { Epoch } from './epoch.ts'
import type { Example } from './example.ts'
import { seededRandom, shuffled } from './random.ts'
import { scoreClassifier } from './score.ts'

/** What `trainClassifier` needs to know. */
export interface TrainingOptions {
  readonly classes: number
  readonly terms: number
  /** Passes over all examples, at most. */
  readonly epochs: number
  readonly learningRate: number
  /** Share of a weight that each example takes off the weights of its own terms: large weights are guesses. */
  readonly decay: number
  /** The training ends when the validation has not got better for so many epochs. */
  readonly patience: number
  readonly seed: number
}

/**
 * Multinomial logistic regression by stochastic gradient descent from zero, stopped early: the classifier of the epoch
 * with the lowest loss on the validation.
 *
 * @param finished Called after each epoch.
 */
export function trainClassifier(
  training: readonly Example[],
  validation: readonly Example[],
  options: TrainingOptions,
  finished: (epoch: Epoch) => void = () => {},
): Classifier {
  const random = seededRandom(options.seed)
  const classifier = emptyClassifier(options)
  let best = { classifier, loss: Infinity, epoch: 0 }
  for (let epoch = 1; epoch <= options.epochs; epoch += 1) {
    for (const example of shuffled(training, random)) learn(classifier, example, options)
    const known = scoreClassifier(classifier, training)
    const unknown = scoreClassifier(classifier, validation)
    finished({
      epoch,
      trainingLoss: known.logLoss,
      validationLoss: unknown.logLoss,
      trainingAccuracy: known.accuracy,
      validationAccuracy: unknown.accuracy,
    })
    if (unknown.logLoss < best.loss) {
      best = { classifier: rounded(classifier), loss: unknown.logLoss, epoch }
    } else if (epoch - best.epoch >= options.patience) break
  }
  return best.classifier
}

function emptyClassifier({ classes, terms }: TrainingOptions): Classifier {
  const zeros = () => Array.from({ length: classes }, () => 0)
  return { biases: zeros(), weights: Array.from({ length: terms }, zeros) }
}

/** One step against the gradient of one example's loss. */
function learn(
  classifier: Classifier,
  example: Example,
  { learningRate, decay }: TrainingOptions,
): void {
  const steps = classProbabilities(classifier, example.terms).map(
    (probability, k) => learningRate * (Number(k === example.class) - probability),
  )
  for (const [k, step] of steps.entries()) classifier.biases[k] = (classifier.biases[k] ?? 0) + step
  for (const { term, weight } of example.terms) {
    const row = classifier.weights[term] ?? []
    for (const [k, step] of steps.entries()) {
      row[k] = (row[k] ?? 0) * (1 - decay) + step * weight
    }
  }
}

function rounded({ biases, weights }: Classifier): Classifier {
  return { biases: biases.map(fourDecimals), weights: weights.map((row) => row.map(fourDecimals)) }
}

/** They tell classes apart as well as sixteen decimals, in a third of the bytes. */
function fourDecimals(value: number): number {
  return Math.round(value * 10_000) / 10_000
}
