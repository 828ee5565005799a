import { PipelineError } from '../errors.ts'
import { milliseconds, type Duration } from './duration.ts'

/** How long to wait before a failed attempt is tried again. */
export interface Backoff {
  /** `exponential` doubles the delay each time; `fixed` keeps it. Default `exponential`. */
  readonly type?: 'exponential' | 'fixed'
  /** The first delay. Default 1 s. */
  readonly delay?: Duration
  /** The longest delay. Default 1 min. */
  readonly maxDelay?: Duration
  /** Share of the delay that is drawn at random, 0 to 1. Default 1: anywhere between 0 and the delay ("full jitter"). */
  readonly jitter?: number
}

/** A node's retry settings with every default filled in; durations in milliseconds. */
export interface RetryPolicy {
  readonly retries: number
  readonly type: 'exponential' | 'fixed'
  readonly delay: number
  readonly maxDelay: number
  readonly jitter: number
}

/** Fills in the defaults. @throws PipelineError `INVALID_RETRIES` */
export function retryPolicy(node: string, retries: number, backoff: Backoff): RetryPolicy {
  const jitter = backoff.jitter ?? 1
  if (
    !Number.isInteger(retries) ||
    retries < 0 ||
    retries > 1000 ||
    !(jitter >= 0 && jitter <= 1)
  ) {
    throw new PipelineError(
      'INVALID_RETRIES',
      `Node "${node}" has retries: ${retries} and jitter: ${jitter}.`,
      { hint: 'Give retries as a whole number from 0 to 1000 and jitter as a number from 0 to 1.' },
    )
  }
  return Object.freeze({
    retries,
    type: backoff.type ?? 'exponential',
    delay: milliseconds(backoff.delay ?? '1s'),
    maxDelay: milliseconds(backoff.maxDelay ?? '1m'),
    jitter,
  })
}

/**
 * Milliseconds to wait after the given failed attempt (1 for the first). Full jitter as in "Exponential Backoff And
 * Jitter" (AWS Architecture Blog, 2015): attempts of many nodes spread out and do not come back together.
 */
export function retryDelay(
  policy: RetryPolicy,
  failures: number,
  random: number = Math.random(),
): number {
  const factor = policy.type === 'exponential' ? 2 ** Math.min(failures - 1, 30) : 1
  const longest = Math.min(policy.delay * factor, policy.maxDelay)
  return Math.round(longest * (1 - policy.jitter * random))
}
