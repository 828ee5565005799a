import type { Facts } from '../facts.ts'

/** What is recorded as succeeded has really ended: its body wrote down its end, in the attempt and the worker recorded. */
export function completionsWereSeen({ nodes }: Facts): readonly string[] {
  return nodes.flatMap(({ label, records, effects, starts, made }) =>
    records.flatMap(({ status, attempt, worker }) => {
      if (status === 'skipped' || status === 'reused') {
        return starts.length === 0 ? [] : [`${label} is ${status}, and its body has started`]
      }
      if (status !== 'succeeded') return []
      const ended = effects.find((effect) => effect.what === 'ended' && effect.attempt === attempt)
      if (ended === undefined || made === undefined) {
        return [`${label} is recorded as succeeded in attempt ${attempt}, and no such body ended`]
      }
      return made.worker === worker
        ? []
        : [`${label} is recorded as ended in ${worker}; it ended in ${ended.worker}`]
    }),
  )
}
