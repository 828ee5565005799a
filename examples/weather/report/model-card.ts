import type { Model } from '../models/model.ts'
import type { Score } from '../models/score.ts'
import type { Gain, Verdict } from '../models/verdict.ts'

/** What a model card tells. */
export interface ModelCardFacts {
  readonly model: Model
  readonly training: { readonly from: string; readonly to: string }
  readonly trainingDays: number
  /** On the selection year: candidates, best first, then baselines. */
  readonly scores: readonly Score[]
  readonly verdict: Verdict
  readonly asOf: string
  readonly seed: number
}

/** A model card in Markdown, after Mitchell et al., "Model Cards for Model Reporting" (2019). */
export function writeModelCard(facts: ModelCardFacts): string {
  const { verdict } = facts
  return [
    '# Rain tomorrow in Seattle',
    `**Model.** ${describe(facts.model)} It gives the probability of any precipitation on the next day.`,
    `**Training.** ${facts.trainingDays} days, ${facts.training.from} to ${facts.training.to}; data as of ` +
      `${facts.asOf}; seed ${facts.seed}. Not trained again on the selection year.`,
    '## Selection',
    `The candidate with the lowest log-loss on the twelve months before the test was taken.`,
    scoreTable(facts.scores),
    `## Test, ${verdict.from} to ${verdict.to}`,
    scoreTable([verdict.model, ...verdict.baselines]),
    ...verdict.gains.map(
      ({ baseline, accuracy, logLoss }) =>
        `- Against ${baseline}: ${sentence('log-loss', logLoss)}; ${sentence('accuracy', accuracy)}.`,
    ),
    conclusion(verdict),
    '## Limits',
    'One station, four years. Standard errors take the days as independent, which weather is not: they are too small. ' +
      'The features are observations of the same day, known only in the evening. A forecast from a weather service is ' +
      'better in every case; this model is an example of a pipeline.',
    '',
  ].join('\n\n')
}

function describe(model: Model): string {
  if (model.kind === 'forest') return `Random forest of ${model.trees.length} probability trees.`
  if (model.kind === 'boosting') {
    return `Gradient boosting, ${model.trees.length} small trees, learning rate ${model.learningRate}.`
  }
  return `Logistic regression on ${model.terms.length} standardised columns.`
}

function scoreTable(scores: readonly Score[]): string {
  const rows = scores.map(
    ({ model, days, accuracy, logLoss }) =>
      `| ${model} | ${days} | ${percent(accuracy)} | ${logLoss.toFixed(3)} |`,
  )
  return ['| forecast | days | accuracy | log-loss |', '|---|---:|---:|---:|', ...rows].join('\n')
}

function sentence(measure: string, gain: Gain): string {
  const size =
    measure === 'accuracy'
      ? `${percent(Math.abs(gain.mean))} ± ${percent(gain.standardError)}`
      : `${Math.abs(gain.mean).toFixed(3)} ± ${gain.standardError.toFixed(3)}`
  if (gain.mean === 0) return `the same ${measure}`
  const side = gain.mean > 0 ? 'better' : 'worse'
  const sure =
    gain.verdict === 'undecided' ? 'within two standard errors, so no evidence' : 'clearly'
  return `${measure} ${side} by ${size} (${sure})`
}

function conclusion({ gains }: Verdict): string {
  const missed = gains.flatMap(({ baseline, accuracy, logLoss }) => [
    ...(logLoss.verdict === 'better' ? [] : [`${baseline} on log-loss`]),
    ...(accuracy.verdict === 'better' ? [] : [`${baseline} on accuracy`]),
  ])
  if (missed.length === 0) return '**The model beats both baselines on both measures.**'
  return `**The model does not clearly beat ${missed.join(', nor ')}.**`
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`
}
