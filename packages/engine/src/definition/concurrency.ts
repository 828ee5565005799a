import { PipelineError } from '../errors.ts'

/** How many runs of a pipeline go on at a time, on all workers together. Further ones wait, pending, for their turn. */
export interface PipelineConcurrency {
  /** Of the pipeline as a whole. Default: any number. */
  readonly runs?: number
  /** Of those that were enqueued with the same `concurrencyKey`. Default: any number. */
  readonly perKey?: number
}

/** Checks a limit. @throws PipelineError `INVALID_CONCURRENCY` */
export function assertConcurrency(whose: string, limit: number | undefined): void {
  if (limit === undefined || (Number.isSafeInteger(limit) && limit >= 1 && limit <= 100_000)) return
  throw new PipelineError('INVALID_CONCURRENCY', `${whose} has concurrency ${String(limit)}.`, {
    hint: 'Give a whole number from 1 to 100,000, or leave it out for no limit.',
  })
}

/** Fills a number in as the limit of runs. @throws PipelineError `INVALID_CONCURRENCY` */
export function pipelineConcurrency(
  pipeline: string,
  given: number | PipelineConcurrency,
): PipelineConcurrency {
  const limits = typeof given === 'number' ? { runs: given } : given
  assertConcurrency(`Pipeline "${pipeline}"`, limits.runs)
  assertConcurrency(`Pipeline "${pipeline}", per key,`, limits.perKey)
  return Object.freeze({ ...limits })
}
