import type { NodeFailure, Plan } from '@pipewright/engine/internal'

import { failureText } from './failure-text.ts'
import { code, codeBlock } from './text.ts'

/** What the description of a node's run says. */
export interface NodePlace {
  readonly plan: Plan | undefined
  readonly index: number
  readonly node: string
  /** Where the run of another node of the same run is found. */
  readonly pageOf: (node: string) => string
  readonly parent: string
}

const mostShown = 8

/** The description of a node's run: where it stands, and why it failed if it did. */
export function nodeNote(place: NodePlace, error?: NodeFailure): string {
  const where = [
    `Node ${code(place.node)} of [${place.plan?.pipeline ?? 'the run'}](${place.parent}).`,
  ]
  const reads = readsOf(place)
  if (reads.length > 0) where.push(`Reads ${listed(reads)}.`)
  const makes = Object.values(place.plan?.nodes[place.index]?.outputs ?? {}).map(code)
  if (makes.length > 0) where.push(`Makes ${listed(makes)}.`)
  if (error === undefined) return where.join(' ')
  return `${where.join(' ')}\n\n${codeBlock(failureText(error, { stack: true }))}`
}

function readsOf({ plan, index, pageOf }: NodePlace): readonly string[] {
  const node = plan?.nodes[index]
  if (plan === undefined || node === undefined) return []
  return [...new Set(Object.values(node.inputs))].map((dataset) => {
    const maker = node.producers.find((producer) =>
      Object.values(plan.nodes[producer]?.outputs ?? {}).includes(dataset),
    )
    const name = maker === undefined ? undefined : plan.nodes[maker]?.name
    if (name === undefined) return `${code(dataset)} from the catalog`
    return `${code(dataset)} from [${code(name)}](${pageOf(name)})`
  })
}

function listed(items: readonly string[]): string {
  const shown = items.slice(0, mostShown)
  const rest = items.length - shown.length
  return rest > 0 ? `${shown.join(', ')} and ${rest} more` : shown.join(', ')
}
