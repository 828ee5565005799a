import type { Facts } from '../facts.ts'

/** A node run whose end is recorded never starts again. */
export function committedStaysDone({ nodes }: Facts): readonly string[] {
  return nodes.flatMap(({ label, starts, committedAt }) =>
    starts
      .filter(({ at }) => committedAt !== undefined && at > committedAt)
      .map(
        ({ at, attempt, worker }) =>
          `${label} attempt ${attempt} started in ${worker}, ${at - (committedAt ?? 0)} ms after its end was recorded`,
      ),
  )
}
