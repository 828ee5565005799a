import { differenceText } from './difference-text.ts'
import type { NodeResumption, ResumeReason } from './resume-reason.ts'

/** Characters of an error's message, at most. */
const mostShown = 80

/** Why a node of a resumed run runs, in words: `failed before: Error: no rows`, `param train.epochs: 20 → 50`. */
export function resumeReasonText(reason: ResumeReason): string {
  switch (reason.kind) {
    case 'code':
    case 'param':
    case 'input':
    case 'output':
      return differenceText(reason)
    case 'new':
      return 'new node'
    case 'failed':
      return failedText(reason)
    case 'unfinished':
      return unfinished[reason.status]
    case 'made-again':
      return `input ${reason.dataset}: made again by ${reason.by}`
    case 'gone':
      return `output ${reason.dataset}: gone from the store`
    case 'changed':
      return `output ${reason.dataset}: not what it was in the store`
    case 'unknown':
      return reason.dataset === undefined
        ? 'code: not known'
        : `input ${reason.dataset}: its content is not known`
    case 'elements':
      return `${reason.failed} of ${reason.count} elements failed before; only they run`
    case 'not-chosen':
      return `not chosen by ${reason.by}`
    case 'not-reached':
      return `${reason.by} is skipped`
  }
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
