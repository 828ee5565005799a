import type { Retraining } from '../models/retraining.ts'
import { renderSvg } from './render-svg.ts'

/** Log-loss of the retrainings beside that of the baselines, month by month, as SVG text. */
export async function plotRetrainings(retrainings: readonly Retraining[]): Promise<string> {
  const losses = retrainings.flatMap(({ asOf, model, logLoss, baselines }) => [
    { asOf, forecast: 'chosen model', logLoss, model },
    ...Object.entries(baselines).map(([forecast, loss]) => ({ asOf, forecast, logLoss: loss })),
  ])
  const chosen = losses.filter(({ forecast }) => forecast === 'chosen model')
  const position = {
    // Text, not a time: a temporal axis would shift days by the time zone of the machine.
    x: { field: 'asOf', type: 'ordinal' as const, title: 'as of' },
    y: {
      field: 'logLoss',
      type: 'quantitative' as const,
      title: 'log-loss of the twelve months before',
      scale: { zero: false },
    },
  }
  return renderSvg({
    background: 'white',
    title: 'Rain tomorrow in Seattle: each retraining in its test (lower is better)',
    width: 560,
    height: 260,
    layer: [
      {
        data: { values: losses },
        mark: { type: 'line' },
        encoding: { ...position, color: { field: 'forecast', type: 'nominal', title: null } },
      },
      {
        data: { values: chosen },
        mark: { type: 'point', filled: true, size: 80, opacity: 1 },
        encoding: {
          ...position,
          shape: { field: 'model', type: 'nominal', title: 'chosen' },
        },
      },
    ],
    resolve: { scale: { color: 'independent', shape: 'independent' } },
    config: { view: { stroke: null }, title: { anchor: 'start', frame: 'group' } },
  })
}
