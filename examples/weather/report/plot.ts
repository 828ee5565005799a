import type { Value } from '@pipewright/engine'
import type { TopLevelSpec } from 'vega-lite'

import type { testForecasts } from '../datasets.ts'
import { baselineNames } from '../models/baseline.ts'
import { loss, type Score } from '../models/score.ts'
import type { Verdict } from '../models/verdict.ts'
import { renderSvg } from './render-svg.ts'

type TestDay = Value<typeof testForecasts>[number]
type Panel = Extract<TopLevelSpec, { vconcat: unknown }>['vconcat'][number]

/** Three plots below each other, as SVG text. */
export async function plotSvg(
  selection: readonly Score[],
  test: readonly TestDay[],
  verdict: Verdict,
): Promise<string> {
  return renderSvg({
    background: 'white',
    title: `Rain tomorrow in Seattle: ${verdict.model.model}, ${verdict.from} to ${verdict.to}`,
    vconcat: [selectionPlot(selection), monthPlot(test), reliabilityPlot(test)],
    // Each panel keeps its own scales, and with them its legend beside it.
    resolve: { scale: { color: 'independent', size: 'independent' } },
    config: { view: { stroke: null }, title: { anchor: 'start', frame: 'group' } },
  })
}

function selectionPlot(scores: readonly Score[]): Panel {
  return {
    title: 'Log-loss on the selection year (lower is better)',
    width: 460,
    data: { values: [...scores] },
    encoding: {
      y: { field: 'model', type: 'nominal', sort: scores.map(({ model }) => model), title: null },
      x: { field: 'logLoss', type: 'quantitative', title: 'log-loss' },
    },
    layer: [
      { mark: { type: 'bar', color: '#4c78a8' } },
      {
        mark: { type: 'text', align: 'left', dx: 4 },
        encoding: { text: { field: 'logLoss', type: 'quantitative', format: '.3f' } },
      },
    ],
  }
}

function monthPlot(test: readonly TestDay[]): Panel {
  const forecasts = ['model', ...baselineNames] as const
  const losses = test.flatMap((day) =>
    forecasts.map((forecast) => ({
      // Text, not a time: a temporal axis would shift months by the time zone of the machine.
      month: day.date.slice(0, 7),
      forecast,
      logLoss: loss({ probability: day[forecast], rain: day.rain }),
    })),
  )
  return {
    title: 'Log-loss by month of the test',
    width: 460,
    height: 160,
    data: { values: losses },
    mark: { type: 'line', point: true },
    encoding: {
      x: { field: 'month', type: 'ordinal', title: null },
      y: { aggregate: 'mean', field: 'logLoss', type: 'quantitative', title: 'log-loss' },
      color: { field: 'forecast', type: 'nominal', title: null, sort: [...forecasts] },
    },
  }
}

function reliabilityPlot(test: readonly TestDay[]): Panel {
  const days = test.map((day) => ({
    forecast: day.model,
    rain: Number(day.rain),
    tenth: Math.min(Math.floor(day.model * 10), 9),
  }))
  const percent = {
    type: 'quantitative' as const,
    scale: { domain: [0, 1] },
    axis: { format: '.0%' },
  }
  const forecast = { field: 'forecast', title: 'forecast probability of rain', ...percent }
  const rain = { field: 'rain', title: 'share of days with rain', ...percent }
  return {
    title: 'Reliability in the test: honest probabilities lie on the line',
    width: 220,
    height: 220,
    layer: [
      {
        data: { values: [0, 1].map((share) => ({ forecast: share, rain: share })) },
        mark: { type: 'line', strokeDash: [4, 4], color: 'grey' },
        encoding: { x: forecast, y: rain },
      },
      {
        data: { values: days },
        mark: { type: 'circle', color: '#4c78a8', opacity: 1 },
        encoding: {
          x: { ...forecast, aggregate: 'mean' },
          y: { ...rain, aggregate: 'mean' },
          size: { aggregate: 'count', title: 'days' },
          detail: { field: 'tenth' },
        },
      },
    ],
  }
}
