import { scaled } from '../random.ts'
import { resultOf, type Demand } from '../result.ts'
import type { FaultRow } from '../row.ts'
import { measureLatency, type Latency } from './f15/latency.ts'
import { outage } from './f15/outage.ts'

/** MLflow is away while nodes run: they do not notice, and it has everything soon after it is back. */
export const row: FaultRow = {
  row: 'F15',
  fault: 'MLflow down for two minutes while 500 nodes run',
  expected:
    'nodes at most 5 % slower, MLflow equals the ledger within 60 s of its return, without duplicates',
  async run(context) {
    const away = await outage(context)
    context.say(`recorded ${Math.round(away.recovery)} ms after the return of MLflow`)
    const latency = context.short
      ? undefined
      : await measureLatency(context, scaled(20, context.scale, 4))
    const demands: Demand[] = [
      { what: 'runs end while MLflow is away', holds: away.endedMeanwhile },
      { what: 'all recorded within 60 s of the return of MLflow', holds: away.recorded },
      ...(latency === undefined ? [] : latencyDemands(latency)),
    ]
    return resultOf(
      'F15',
      1 + (latency?.ratios.length ?? 0),
      [away.checked, ...(latency === undefined ? [] : [latency.checked])],
      {
        demands,
        recoveries: [away.recovery],
        notes: [
          `${away.nodes} nodes in ${seconds(away.length)} s without MLflow; all recorded ${seconds(away.recovery)} s after its return.`,
          ...(latency === undefined ? [] : [latencyNote(latency)]),
        ],
      },
    )
  },
}

/** Nodes may be slower by so much with MLflow away. */
const tolerance = 1.05

function latencyDemands({ ratios, recorded }: Latency): readonly Demand[] {
  const ratio = median(ratios)
  return [
    { what: 'all recorded after the pairs', holds: recorded },
    { what: `node latency within 5 %, not ${percent(ratio)}`, holds: ratio <= tolerance },
  ]
}

function latencyNote({ ratios }: Latency): string {
  const sorted = ratios.toSorted((a, b) => a - b)
  const range = `${percent(sorted[0] ?? Number.NaN)} to ${percent(sorted.at(-1) ?? Number.NaN)}`
  return `Node latency with MLflow away: ${percent(median(ratios))} of that with MLflow there (median of ${ratios.length} interleaved pairs of chains of 30 nodes, ${range}).`
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  return (
    ((sorted[Math.ceil(middle) - 1] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2
  )
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(1)
}

function percent(ratio: number): string {
  return `${(ratio * 100).toFixed(1)} %`
}
