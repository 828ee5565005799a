import type { Series } from './compare.ts'
import type { Contestant } from './contestant.ts'
import type { Sample } from './sample.ts'
import { median, pairedRatio } from './statistics.ts'

/** One line of the result: medians over the pairs. */
export interface Row {
  readonly shape: string
  readonly isolation: Contestant['isolation']
  /** Worker processes. */
  readonly workers: number
  readonly concurrency: number
  readonly nodesPerSecond: number
  /** Median of the pairs' ratios to the bare queue at its best concurrency. */
  readonly ratioToQueue: number
  /** The same to a queue that was filled before its worker started. */
  readonly ratioToFilledQueue: number
  /** Of chains; null elsewhere. */
  readonly hopP50Ms: number | null
  readonly hopP99Ms: number | null
  readonly redisMicrosPerNode: number
  readonly workerMicrosPerNode: number
}

export function rowsOf(all: readonly Series[]): readonly Row[] {
  const queue = column(bestOf(all, 'queue'), 'nodesPerSecond')
  const filled = column(bestOf(all, 'filled-queue'), 'nodesPerSecond')
  return all.map((series) => {
    const { shape, isolation, concurrency } = series.contestant
    const speed = column(series, 'nodesPerSecond')
    return {
      shape,
      isolation,
      workers: 1,
      concurrency,
      nodesPerSecond: Math.round(median(speed)),
      ratioToQueue: rounded(pairedRatio(speed, queue)),
      ratioToFilledQueue: rounded(pairedRatio(speed, filled)),
      hopP50Ms: hop(series, 'hopP50Ms'),
      hopP99Ms: hop(series, 'hopP99Ms'),
      redisMicrosPerNode: Math.round(median(column(series, 'redisMicros'))),
      workerMicrosPerNode: Math.round(median(column(series, 'workerMicros'))),
    }
  })
}

/** Redis CPU per node against the bare queue's at its best concurrency, by series. */
export function redisRatios(all: readonly Series[]): readonly number[] {
  const base = column(bestOf(all, 'queue'), 'redisMicros')
  return all.map((series) => rounded(pairedRatio(column(series, 'redisMicros'), base)))
}

/** The concurrency at which a shape of BullMQ is fastest. */
function bestOf(all: readonly Series[], shape: string): Series {
  const candidates = all.filter(({ contestant }) => contestant.shape === shape)
  const [best] = candidates.toSorted(
    (a, b) => median(column(b, 'nodesPerSecond')) - median(column(a, 'nodesPerSecond')),
  )
  if (best === undefined) throw new Error(`Nothing was measured of "${shape}".`)
  return best
}

function column(
  { samples }: Series,
  field: 'nodesPerSecond' | 'redisMicros' | 'workerMicros',
): readonly number[] {
  return samples.map((sample) => sample[field])
}

function hop({ samples }: Series, field: 'hopP50Ms' | 'hopP99Ms'): number | null {
  const values = samples.flatMap((sample: Sample) => sample[field] ?? [])
  return values.length === 0 ? null : rounded(median(values))
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000
}
