import type { Pipeline } from '../definition/pipeline.ts'
import { UsageError } from '../errors.ts'

/** What decides when a run may begin and how soon its nodes get a worker. */
export interface AdmissionOptions {
  readonly priority?: number
  readonly concurrencyKey?: string
}

/**
 * Fields of a run's header: `priority`, and `limits`, a flat list of what the run counts under while it goes on and how many
 * may.
 *
 * @throws UsageError `INVALID_PRIORITY`, `MISSING_CONCURRENCY_KEY`
 */
export function admissionFields(
  { name, concurrency = {} }: Pick<Pipeline, 'name' | 'concurrency'>,
  { priority = 0, concurrencyKey }: AdmissionOptions,
): Readonly<Record<string, string | number>> {
  if (!Number.isInteger(priority) || Math.abs(priority) > 100) {
    throw new UsageError('INVALID_PRIORITY', `${priority} is not a priority.`, {
      hint: 'Give a whole number from -100 to 100; the highest goes first, and 0 is the default.',
    })
  }
  const { runs, perKey } = concurrency
  if (perKey !== undefined && concurrencyKey === undefined) {
    throw new UsageError(
      'MISSING_CONCURRENCY_KEY',
      `Pipeline "${name}" limits its runs per key, and this run has none.`,
      {
        hint: 'Enqueue it with concurrencyKey: what is to be counted together, such as a customer.',
      },
    )
  }
  const limits = [
    ...(runs === undefined ? [] : [`pipeline/${name}`, runs]),
    ...(perKey === undefined ? [] : [`key/${name}/${concurrencyKey}`, perKey]),
  ]
  return {
    ...(priority === 0 ? {} : { priority }),
    ...(limits.length === 0 ? {} : { limits: JSON.stringify(limits) }),
  }
}
