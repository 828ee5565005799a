import type { Facts } from '../facts.ts'

/** Milliseconds that the word of a cancellation may take to all workers. */
const spread = 1000

/** A cancelled run starts nothing any more. */
export function cancelledStartsNothing({ nodes }: Facts): readonly string[] {
  return nodes.flatMap(({ label, run: { cancelledAt = Infinity }, starts }) =>
    starts
      .filter(({ at }) => at > cancelledAt + spread)
      .map(
        ({ at, worker }) =>
          `${label} started in ${worker}, ${at - cancelledAt} ms after its run was cancelled`,
      ),
  )
}
