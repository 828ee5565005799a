import { median, pairedRatio } from '../statistics.ts'
import { table } from '../table.ts'
import type { ServingResult, ServingRow, ServingSample } from './measure.ts'

/** The result for people. */
export function servingReport({ rows, compared, difference }: ServingResult): string {
  const cells = rows.map((row) => [
    row.server,
    String(row.concurrency),
    middle(row, 'perSecond').toFixed(0),
    middle(row, 'p50').toFixed(2),
    middle(row, 'p99').toFixed(2),
  ])
  const [one] = rows
  const lines = verdicts(rows).map(([what, limit, value, holds]) => [
    what,
    limit,
    value.toFixed(2),
    holds ? 'holds' : 'MISSED',
  ])
  return [
    `An ONNX model (64-128-10), one image a request. Medians of ${one?.samples.length ?? 0} repetitions in turn; times in ms.`,
    table(['server', 'at once', 'requests/s', 'p50', 'p99'], cells),
    `${compared} images predicted by all: the largest difference between two probabilities is ${difference}.`,
    table(['target', '', 'measured', ''], lines, 2),
  ].join('\n\n')
}

/** Against MLflow's server as it is by default: one process. */
function verdicts(
  rows: readonly ServingRow[],
): readonly (readonly [string, string, number, boolean])[] {
  const ours = rows.filter(({ server }) => server.startsWith('pipewright'))
  return ours.flatMap((own) => {
    const stock = rows.find(
      ({ server, concurrency }) =>
        server.endsWith('--workers 1') && concurrency === own.concurrency,
    )
    if (stock === undefined) return []
    const p50 = pairedRatio(values(own, 'p50'), values(stock, 'p50'))
    const rate = pairedRatio(values(own, 'perSecond'), values(stock, 'perSecond'))
    const atOnce = `${own.concurrency} at once`
    const time = [`p50 of stock's, ${atOnce}`, 'at most 0.5', p50, p50 <= 0.5] as const
    // One request at a time says how long it takes, which is told above: throughput is what goes through with many.
    if (own.concurrency === 1) return [time]
    return [time, [`throughput of stock's, ${atOnce}`, 'at least 3', rate, rate >= 3] as const]
  })
}

function values(row: ServingRow, key: keyof ServingSample): readonly number[] {
  return row.samples.map((sample) => sample[key])
}

function middle(row: ServingRow, key: keyof ServingSample): number {
  return median(values(row, key))
}
