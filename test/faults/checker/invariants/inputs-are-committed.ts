import type { Facts, NodeFacts } from '../facts.ts'
import type { Effect } from '../history.ts'

/** A body starts only when all of its inputs are committed, and it reads what was committed and nothing else. */
export function inputsAreCommitted({ nodes }: Facts): readonly string[] {
  return nodes.flatMap((node) => node.starts.flatMap((start) => violationsOf(node, start)))
}

function violationsOf(node: NodeFacts, start: Effect): readonly string[] {
  const label = `${node.label} attempt ${start.attempt}`
  return node.producers.flatMap((producer) => {
    const { committedAt } = producer
    if (committedAt === undefined || committedAt > start.at) {
      const when = committedAt === undefined ? 'never' : `${committedAt - start.at} ms later`
      return [`${label} started, and its input ${producer.label} was committed ${when}`]
    }
    const [record] = producer.records
    const made = producer.effects.find(
      ({ what, attempt }) => what === 'ended' && attempt === record?.attempt,
    )
    return producer.node.outputs
      .filter((output) => node.node.inputs.includes(output))
      .map((output) => [output, start.inputs?.[output]] as const)
      .filter(([, seen]) => seen !== made?.output)
      .map(
        ([output, seen]) =>
          `${label} read ${seen ?? 'nothing'} as ${output}; committed is ${made?.output ?? 'nothing'}`,
      )
  })
}
