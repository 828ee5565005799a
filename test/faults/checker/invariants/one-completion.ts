import type { Facts } from '../facts.ts'

/** Each node run has one record and one `node_finished` event, each run one `run_created` and one `run_finished`. */
export function oneCompletion({ history, nodes, eventsOf }: Facts): readonly string[] {
  const ofNodes = nodes.flatMap(({ label, records, events, run }) => {
    const finished = events.filter(({ type }) => type === 'node_finished').length
    const ended = run.status !== 'running' && run.status !== 'pending' && run.status !== 'unknown'
    const violations: string[] = []
    if (records.length > 1) violations.push(`${label} has ${records.length} records`)
    if (finished !== records.length || (ended && finished !== 1)) {
      violations.push(`${label} has ${records.length} records and ${finished} node_finished events`)
    }
    return violations
  })
  const ofRuns = history.runs.flatMap(({ id, status }) => {
    const events = eventsOf.get(id) ?? []
    const count = (type: string): number => events.filter((event) => event.type === type).length
    const ends = status === 'running' || status === 'pending' || status === 'unknown' ? 0 : 1
    const violations: string[] = []
    if (count('run_created') !== 1) {
      violations.push(`run ${id} has ${count('run_created')} run_created events`)
    }
    if (count('run_finished') !== ends) {
      violations.push(`run ${id} is ${status} and has ${count('run_finished')} run_finished events`)
    }
    return violations
  })
  return [...ofNodes, ...ofRuns]
}
