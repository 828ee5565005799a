import { handBacks, type Facts, type NodeFacts } from '../facts.ts'
import type { Excuse } from '../history.ts'
import { excuses } from './starts-are-excused.ts'

/** Each attempt has one body; there are no more than one, the retries, the losses and the hand-backs allow. */
export function attemptsAreBounded({ nodes, history }: Facts): readonly string[] {
  const removals = history.excuses.filter(({ kind }) => kind === 'removal')
  return nodes.flatMap((node) => {
    const removed = startsAfter(removals, node)
    // A count that Redis has lost begins again.
    return [...(removed === 0 ? repeated(node) : []), ...tooMany(node, removed)]
  })
}

/** Starts that are there because what was known of the one before was removed. */
function startsAfter(removals: readonly Excuse[], { starts }: NodeFacts): number {
  return starts.filter((start, at) => {
    const before = starts[at - 1]
    return before !== undefined && removals.some((removal) => excuses(removal, before, start))
  }).length
}

function repeated({ label, starts }: NodeFacts): readonly string[] {
  const attempts = starts.map(({ attempt }) => attempt)
  const violations = attempts.flatMap((attempt, at) =>
    attempts.indexOf(attempt) === at ? [] : [`${label} attempt ${attempt} started twice`],
  )
  const backwards = attempts.findIndex((attempt, at) => attempt < (attempts[at - 1] ?? 0))
  if (backwards > 0)
    violations.push(`${label} attempt ${attempts[backwards]} started after a later one`)
  return violations
}

function tooMany({ label, node, starts, events }: NodeFacts, removed: number): readonly string[] {
  const count = (of: (event: NodeFacts['events'][number]) => boolean): number =>
    events.filter(of).length
  const losses = count(({ type }) => type === 'node_lost')
  const returned = count(
    ({ type, error }) => type === 'node_retrying' && handBacks.has(error?.code),
  )
  const codes = events.flatMap(({ type, error }) =>
    type === 'node_retrying' && !handBacks.has(error?.code) ? [error?.code] : [],
  )
  const tried = codes.length
  const violations: string[] = []
  if (tried > node.retries) {
    violations.push(
      `${label} was tried again ${tried} times; it has ${node.retries} retries: ${codes.join(', ')}`,
    )
  }
  const most = 1 + tried + returned + losses + removed
  if (starts.length > most) {
    violations.push(
      `${label} started ${starts.length} times, with ${tried} retries, ${losses} losses and ${returned} hand-backs`,
    )
  }
  return violations
}
