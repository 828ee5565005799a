import type { NodeFailure, Plan } from '@pipewright/engine/internal'

import { code, codeBlock } from './text.ts'

/** What the description of a node's run says. */
export interface NodePlace {
  readonly plan: Plan | undefined
  readonly index: number
  readonly node: string
  /** Addresses of the runs of MLflow, by node; undefined where there is none yet. */
  readonly pageOf: (node: string) => string | undefined
  readonly parent: string
}

const mostShown = 8
const longestStack = 4000

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
  const reason = [
    `${error.code}: ${error.message}`,
    error.hint,
    error.stack?.slice(0, longestStack),
  ]
  const text = reason.filter((part) => part !== undefined && part !== '').join('\n')
  return `${where.join(' ')}\n\n${codeBlock(text.slice(0, longestStack + 1500))}`
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
    const page = pageOf(name)
    return `${code(dataset)} from ${page === undefined ? code(name) : `[${code(name)}](${page})`}`
  })
}

function listed(items: readonly string[]): string {
  const shown = items.slice(0, mostShown)
  const rest = items.length - shown.length
  return rest > 0 ? `${shown.join(', ')} and ${rest} more` : shown.join(', ')
}
