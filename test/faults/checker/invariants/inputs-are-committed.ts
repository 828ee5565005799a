import type { Facts, NodeFacts } from '../facts.ts'
import type { Effect, Excuse } from '../history.ts'

/**
 * A body starts only when all of its inputs are committed, and it reads what was committed and nothing else. One that started
 * while a server had writes that were lost later, such as a primary that did not know yet that it was none any more, may have
 * read what was committed there: what a body of the producer had made by then.
 */
export function inputsAreCommitted({ nodes, history }: Facts): readonly string[] {
  const removals = history.excuses.filter(({ kind }) => kind === 'removal')
  return nodes.flatMap((node) =>
    node.starts.flatMap((start) => violationsOf(node, start, removals)),
  )
}

function violationsOf(
  node: NodeFacts,
  start: Effect,
  removals: readonly Excuse[],
): readonly string[] {
  const label = `${node.label} attempt ${start.attempt}`
  const isLost = removals.some(({ from, to }) => from <= start.at && start.at <= to)
  return node.producers.flatMap((producer) => {
    const read = producer.node.outputs
      .filter((output) => node.node.inputs.includes(output))
      .map((output) => [output, start.inputs?.[output]] as const)
    if (isLost && read.every(([, seen]) => wasMade(producer, seen, start.at))) return []
    const { committedAt, made } = producer
    if (committedAt === undefined || committedAt > start.at) {
      const when = committedAt === undefined ? 'never' : `${committedAt - start.at} ms later`
      return [`${label} started, and its input ${producer.label} was committed ${when}`]
    }
    return read
      .filter(([, seen]) => seen !== made?.output)
      .map(
        ([output, seen]) =>
          `${label} read ${seen ?? 'nothing'} as ${output}; committed is ${made?.output ?? 'nothing'}`,
      )
  })
}

/** Whether a body of the producer had made it by then. */
function wasMade({ effects }: NodeFacts, output: string | undefined, at: number): boolean {
  return effects.some(
    (effect) => effect.what === 'ended' && effect.output === output && effect.at <= at,
  )
}
