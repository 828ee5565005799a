import { terminal, type Facts } from '../facts.ts'
import type { HistoryRun } from '../history.ts'

/** A run has ended exactly when all of its nodes have, as what they make of it. */
export function runsEndWithTheirNodes({ history }: Facts): readonly string[] {
  return history.runs.flatMap((run) => {
    const { id, status, nodes, records } = run
    if (status === 'unknown') return []
    const open = nodes.filter(({ name }) => !records.some(({ node }) => node === name))
    if (!terminal.has(status)) {
      // The last node and its run end in one script, but for datasets that are being published.
      return open.length === 0 && history.drained
        ? [`run ${id} is ${status}, and all its nodes have ended`]
        : []
    }
    if (open.length > 0) {
      return [`run ${id} is ${status}, and ${open.length} nodes have not ended: ${open[0]?.name}`]
    }
    const expected = outcome(run)
    return expected.includes(status)
      ? []
      : [`run ${id} is ${status}; its nodes make it ${expected[0]}`]
  })
}

/** What a run may be by its nodes, the likely one first. A cancel that came before its end outweighs them. */
function outcome({ records, cancelledAt }: HistoryRun): readonly string[] {
  const statuses = new Set(records.map(({ status }) => status))
  const natural = statuses.has('failed') ? 'failed' : 'succeeded'
  if (cancelledAt !== undefined) return ['cancelled', natural]
  return statuses.has('cancelled') && natural === 'succeeded' ? ['cancelled'] : [natural]
}
