import { differenceText } from '../../plan/difference-text.ts'
import type { NodeDiff } from './answer.ts'

/** Every difference of a node in words, one a line; empty for a node that is the same in both runs. */
export function nodeDiffText({ status: { a, b }, differences }: NodeDiff): readonly string[] {
  if (a === undefined) return ['only in the second run']
  if (b === undefined) return ['only in the first run']
  return differences.map((difference) => {
    if (difference.kind !== 'result') return differenceText(difference)
    const { dataset, before, after } = difference
    return `result ${dataset}: ${before.slice(0, 12)} → ${after.slice(0, 12)}, from the same code, params and inputs`
  })
}
