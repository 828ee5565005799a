import type { Facts } from '../facts.ts'

/** Nothing runs downstream of a node that did not succeed: it is skipped, or cancelled with its run. */
export function nothingAfterFailure({ nodes }: Facts): readonly string[] {
  return nodes.flatMap(({ label, producers, records, starts }) => {
    const bad = producers.find(({ records: [record] }) =>
      ['failed', 'skipped', 'cancelled'].includes(record?.status ?? ''),
    )
    const [record] = records
    if (bad === undefined) {
      return record?.status === 'skipped'
        ? [`${label} is skipped, and all its inputs are there`]
        : []
    }
    const why = `its input ${bad.label} is ${bad.records[0]?.status}`
    if (starts.length > 0) return [`${label} started, and ${why}`]
    return record === undefined || record.status === 'skipped' || record.status === 'cancelled'
      ? []
      : [`${label} is ${record.status}, and ${why}`]
  })
}
