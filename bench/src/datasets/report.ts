import { median, pairedRatio } from '../statistics.ts'
import { table } from '../table.ts'
import type { DatasetsResult } from './measure.ts'

const mostRatio = 1.5
const mega = 1_000_000

/** The result for people. */
export function datasetsReport({ rows, figures, streams }: DatasetsResult): string {
  const compared = figures.map(({ format, what, library, dataset }) => {
    const ratio = pairedRatio(dataset, library)
    return [
      `${format}, ${what}`,
      median(library).toFixed(2),
      median(dataset).toFixed(2),
      ratio.toFixed(2),
      ratio <= mostRatio ? 'holds' : 'MISSED',
    ]
  })
  const passed = streams.map(({ format, bytes, rows: count, seconds, memory }) => [
    format,
    (bytes / mega).toFixed(0),
    String(count),
    seconds.toFixed(1),
    (bytes / mega / seconds).toFixed(0),
    (memory / mega).toFixed(0),
  ])
  return [
    `${rows} rows of five columns, saved and loaded by the library itself and as a dataset: checked by its schema, with a digest,\n` +
      `synced. Medians of ${figures[0]?.library.length ?? 0} pairs in turn; seconds. Target: at most ${mostRatio} times.`,
    table(['', 'library', 'dataset', 'ratio', ''], compared),
    'Streams: read from the catalog, checked, saved, published, each in a process of its own.',
    table(['format', 'MB', 'rows', 's', 'MB/s', 'most memory, MB'], passed),
  ].join('\n\n')
}
