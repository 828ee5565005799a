import { differenceText } from './difference-text.ts'
import type { NodeResumption, ResumeReason } from './resume-reason.ts'

/** Characters of an error's message, at most. */
const mostShown = 80

type Texts = { readonly [Kind in ResumeReason['kind']]: (reason: Of<Kind>) => string }
type Of<Kind> = Extract<ResumeReason, { kind: Kind }>

const texts: Texts = {
  code: differenceText,
  param: differenceText,
  input: differenceText,
  output: differenceText,
  new: () => 'new node',
  failed: failedText,
  unfinished: ({ status }) => unfinished[status],
  'made-again': ({ dataset, by }) => `input ${dataset}: made again by ${by}`,
  gone: ({ dataset }) => `output ${dataset}: gone from the store`,
  changed: ({ dataset }) => `output ${dataset}: not what it was in the store`,
  unknown: ({ dataset }) =>
    dataset === undefined ? 'code: not known' : `input ${dataset}: its content is not known`,
  elements: ({ failed, count }) => `${failed} of ${count} elements failed before; only they run`,
  'not-chosen': ({ by }) => `not chosen by ${by}`,
  'not-reached': ({ by }) => `${by} is skipped`,
}

/** Why a node of a resumed run runs, in words: `failed before: Error: no rows`, `param train.epochs: 20 → 50`. */
function resumeReasonText(reason: ResumeReason): string {
  // Each text takes the reasons of its own kind.
  return (texts[reason.kind] as (reason: ResumeReason) => string)(reason)
}

/** All reasons of a node in one line; empty when its result is kept. */
export function nodeResumptionText({ reasons }: Pick<NodeResumption, 'reasons'>): string {
  return reasons.map(resumeReasonText).join('; ')
}

const unfinished = {
  pending: 'never ran',
  running: 'never came to an end',
  cancelled: 'cancelled before',
  skipped: 'never ran: it was skipped',
} as const

function failedText({ error }: Extract<ResumeReason, { kind: 'failed' }>): string {
  if (error === undefined) return 'failed before'
  const [line = ''] = `${error.code}: ${error.message}`.split('\n')
  return `failed before: ${line.length > mostShown ? `${line.slice(0, mostShown - 1)}…` : line}`
}
