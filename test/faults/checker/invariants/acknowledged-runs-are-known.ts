import type { Facts } from '../facts.ts'

/** A run that was acknowledged is in the ledger with all its nodes, and nothing ran that nobody asked for. */
export function acknowledgedRunsAreKnown({ history }: Facts): readonly string[] {
  const planned = new Set(
    history.runs.flatMap((run) => run.nodes.map(({ name }) => `${run.id}/${name}`)),
  )
  return [
    ...history.runs
      .filter(({ status, nodes }) => status === 'unknown' || nodes.length === 0)
      .map(({ id }) => `run ${id} was acknowledged, and the ledger has not got it`),
    ...history.effects
      .filter(({ run, node }) => !planned.has(`${run}/${node}`))
      .map(({ run, node, worker }) => `${run}/${node} ran in ${worker}, and no plan has it`),
    ...history.runs.flatMap(({ id, records }) =>
      records
        .filter(({ node }) => !planned.has(`${id}/${node}`))
        .map(({ node }) => `${id}/${node} has a record, and its plan has no such node`),
    ),
  ]
}
