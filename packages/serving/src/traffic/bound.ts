import { UsageError } from '@pipewright/engine'

/** A limit whose crossing takes a version out of service: `error_rate > 0.05`. */
export interface Bound {
  /** Of {@link ownMetrics}, or `mlflow.` and the name of a metric that is recorded for the version. */
  readonly metric: string
  readonly worse: 'above' | 'below'
  readonly limit: number
}

/** What the server measures itself: a share of requests, milliseconds, and the share of shadow answers that differ. */
export const ownMetrics = [
  'error_rate',
  'latency_p50',
  'latency_p95',
  'latency_p99',
  'disagreement',
] as const

export type OwnMetric = (typeof ownMetrics)[number]

const pattern = /^\s*(?<metric>[\w.\-/ ]*[\w\-/])\s*(?<sign>[<>])\s*(?<limit>-?\d+(?:\.\d+)?%?)\s*$/

/**
 * Reads a bound: a metric, `>` or `<`, and a number, which may be written with `%`.
 *
 * @throws UsageError `INVALID_BOUND`
 */
export function parseBound(text: string): Bound {
  const { metric = '', sign, limit = '' } = pattern.exec(text)?.groups ?? {}
  const isKnown = ownMetrics.some((name) => name === metric) || /^mlflow\../.test(metric)
  if (!isKnown) {
    throw new UsageError('INVALID_BOUND', `${JSON.stringify(text)} is no bound.`, {
      hint: `Write a metric, > or <, and a number: "error_rate>5%", "mlflow.online_f1<0.8". Metrics of the server: ${ownMetrics.join(', ')}.`,
    })
  }
  const value = Number(limit.replace('%', ''))
  return {
    metric,
    worse: sign === '>' ? 'above' : 'below',
    limit: limit.endsWith('%') ? value / 100 : value,
  }
}

/** How a bound is crossed by a value; undefined when it is not, or when there is no value yet. */
export function crossed(
  { metric, worse, limit }: Bound,
  value: number | undefined,
): string | undefined {
  if (value === undefined || Number.isNaN(value)) return undefined
  const isCrossed = worse === 'above' ? value > limit : value < limit
  if (!isCrossed) return undefined
  const shown = Number(value.toPrecision(4))
  return `${metric} is ${shown}, ${worse} the bound of ${limit}`
}
