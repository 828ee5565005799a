import { median, pairedRatio } from '../statistics.ts'
import { table } from '../table.ts'
import type { KedroRow, KedroSample } from './beside-kedro.ts'
import type { Rate, RateSample } from './rate.ts'

/** Everything that `--recording` measures. */
export interface RecordingResult {
  readonly rate: Rate
  /** Undefined with `--no-kedro`. */
  readonly besideKedro: readonly KedroRow[] | undefined
}

/** One line of the verdict. */
type Verdict = readonly [what: string, limit: string, value: number, holds: boolean]

/** The result for people. */
export function recordingReport({ rate, besideKedro }: RecordingResult): string {
  const parts = [rateTable(rate)]
  const verdicts = [...rateVerdicts(rate)]
  if (besideKedro !== undefined) {
    parts.push(kedroTable(besideKedro))
    verdicts.push(...kedroVerdicts(besideKedro))
  }
  const lines = verdicts.map(([what, limit, value, holds]) => [
    what,
    limit,
    value.toFixed(2),
    holds ? 'holds' : 'MISSED',
  ])
  return [...parts, table(['target', '', 'measured', ''], lines, 2)].join('\n\n')
}

function of(rate: Rate, key: keyof RateSample): readonly number[] {
  return rate.samples.map((sample) => sample[key])
}

function rateTable(rate: Rate): string {
  const { nodes, calls, withLineage, samples } = rate
  const perSecond = (milliseconds: number): string => ((nodes / milliseconds) * 1000).toFixed(1)
  const rows = [
    ['recorded by the adapter', perSecond(median(of(rate, 'recorded')))],
    ['the same calls by a plain loop', perSecond(median(of(rate, 'plain')))],
    ['pipeline, recording on', perSecond(median(of(rate, 'on')))],
    ['pipeline, recording off', perSecond(median(of(rate, 'off')))],
  ]
  const cpu = (median(of(rate, 'adapterCpu')) / nodes).toFixed(1)
  return [
    `A run of ${nodes} nodes, 5 params and 5 metrics each: ${calls.nodes} calls for its nodes and ${calls.run} for itself,`,
    `with lineage ${withLineage.nodes} and ${withLineage.run}. In the timed repetitions ${median(of(rate, 'calls'))} in all, without lineage.`,
    `The adapter computes ${cpu} ms a node. Medians of ${samples.length} repetitions:`,
    '',
    table(['', 'nodes/s'], rows),
  ].join('\n')
}

function rateVerdicts(rate: Rate): readonly Verdict[] {
  const calls = rate.calls.nodes / rate.nodes
  const withLineage = rate.withLineage.nodes / rate.nodes
  const speed = pairedRatio(of(rate, 'plain'), of(rate, 'recorded'))
  const pipeline = pairedRatio(of(rate, 'off'), of(rate, 'on'))
  return [
    ['calls a node', 'at most 3', calls, calls <= 3],
    ['calls a node with lineage', 'at most 4', withLineage, withLineage <= 4],
    ['rate of the plain loop’s', 'at least 0.85', speed, speed >= 0.85],
    [
      'speed of the pipeline, of that with recording off',
      'at least 0.95',
      pipeline,
      pipeline >= 0.95,
    ],
  ]
}

function kedroTable(rows: readonly KedroRow[]): string {
  const cells = rows.map((row) => [
    row.name,
    String(row.nodes),
    seconds(row, 'ended'),
    seconds(row, 'recorded'),
    String(row.calls),
  ])
  return [
    'A chain of nodes with one metric each, kedro-mlflow 2.0.3 with Kedro 1.7.0 and ours on the same MLflow. Seconds from',
    'the start of the command, or from the enqueue. Kedro records one run; we record one for the pipeline and one a node.',
    '',
    table(['', 'nodes', 'pipeline ended', 'recorded', 'calls'], cells, 1),
  ].join('\n')
}

function times(row: KedroRow, key: keyof KedroSample): readonly number[] {
  return row.samples.map((sample) => sample[key])
}

function seconds(row: KedroRow, key: keyof KedroSample): string {
  return (median(times(row, key)) / 1000).toFixed(2)
}

function kedroVerdicts(rows: readonly KedroRow[]): readonly Verdict[] {
  const kedro = rows.find(({ name, nodes }) => name === 'kedro run' && nodes > 1)
  if (kedro === undefined) return []
  return rows.flatMap((row): readonly Verdict[] => {
    if (row === kedro || row.nodes !== kedro.nodes) return []
    const sooner = (key: keyof KedroSample): number =>
      pairedRatio(times(kedro, key), times(row, key))
    const ended = sooner('ended')
    const recorded = sooner('recorded')
    const calls = row.calls / kedro.calls
    return [
      [`${row.name}: times sooner at the end than kedro run`, 'at least 15', ended, ended >= 15],
      [`${row.name}: times sooner recorded`, 'at least 2.5', recorded, recorded >= 2.5],
      [`${row.name}: calls of kedro run’s`, 'at most 0.6', calls, calls <= 0.6],
    ]
  })
}
