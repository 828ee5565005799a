import { createHash } from 'node:crypto'

import type { Facts, NodeFacts } from '../facts.ts'

/** Every dataset of a node that succeeded is there, is what its hash says, and is what the recorded body made. */
export function outputsAreWhole({ nodes }: Facts): readonly string[] {
  return nodes.flatMap((node) => {
    const status = node.records[0]?.status
    if (status === 'reused') return []
    return node.node.outputs.flatMap((output) =>
      status === 'succeeded' ? whole(node, output) : unseen(node, output),
    )
  })
}

function unseen({ label, run, records }: NodeFacts, output: string): readonly string[] {
  return run.data[output] === undefined
    ? []
    : [`${output} of run ${run.id} is visible, and ${label} is ${records[0]?.status ?? 'open'}`]
}

function whole({ label, run, records, made }: NodeFacts, output: string): readonly string[] {
  const reference = run.data[output]
  if (reference === undefined) return [`${output} of run ${run.id} is not there`]
  const { inline, sha256 } = reference
  if (inline === undefined) return []
  if (createHash('sha256').update(inline).digest('hex') !== sha256) {
    return [`${output} of run ${run.id} is not what its hash says`]
  }
  return made?.output === undefined || inline.includes(made.output)
    ? []
    : [`${output} of run ${run.id} was not made by attempt ${records[0]?.attempt} of ${label}`]
}
