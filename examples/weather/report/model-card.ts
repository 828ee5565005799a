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
      'The features are observations of the same day, known only in the evening. Weather services know far more than this ' +
      'station: the model is an example of a pipeline, not a forecast to plan a day by.',
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
  if (gain.mean === 0) return `the same ${measure}`
  const size =
    measure === 'accuracy'
      ? `${points(Math.abs(gain.mean))} ± ${points(gain.standardError)} points`
      : `${Math.abs(gain.mean).toFixed(3)} ± ${gain.standardError.toFixed(3)}`
  const side = gain.mean > 0 ? 'better' : 'worse'
  const sure =
    gain.verdict === 'undecided' ? 'within two standard errors, so no evidence' : 'clearly'
  return `${measure} ${side} by ${size} (${sure})`
}

function conclusion({ gains }: Verdict): string {
  const measured = gains.flatMap(({ baseline, accuracy, logLoss }) => [
    { what: `${baseline} on log-loss`, gain: logLoss },
    { what: `${baseline} on accuracy`, gain: accuracy },
  ])
  const missed = measured.filter(({ gain }) => gain.mean <= 0)
  const unsure = measured.filter(({ gain }) => gain.mean > 0 && gain.verdict === 'undecided')
  const lines = [
    ...missed.map(({ what }) => `**The model does not beat ${what}.**`),
    ...unsure.map(({ what }) => `**The model is ahead of ${what}, but not clearly.**`),
  ]
  return lines.length === 0
    ? '**The model beats both baselines on both measures.**'
    : lines.join('\n\n')
}

function points(share: number): string {
  return (share * 100).toFixed(1)
}

function percent(share: number): string {
  return `${points(share)} %`
}
