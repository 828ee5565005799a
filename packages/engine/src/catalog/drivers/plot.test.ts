import { describe, expect, test } from 'vitest'
import * as z from 'zod'

import { dataset } from '../../definition/dataset.ts'
import { driverConformance } from '../../testing/driver-conformance.ts'
import { plot } from './plot.ts'

const chart = dataset('chart', z.record(z.string(), z.unknown()))
const bars = {
  $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
  data: {
    values: [
      { model: 'tree <&> "é"', loss: 0.4 },
      { model: 'line', loss: 0.5 },
    ],
  },
  mark: 'bar',
  encoding: {
    x: { field: 'loss', type: 'quantitative' },
    y: { field: 'model', type: 'nominal' },
  },
}
const asPng = plot.configure?.({ filepath: 'data/08_reporting/chart.png' }) ?? plot
const asJson = plot.configure?.({ save: { format: 'json' } }) ?? plot

describe('the plot driver', () => {
  const samples = [{ name: 'bars', dataset: chart, value: bars }]
  const refused = [
    { name: 'what is no object', dataset: chart, value: [bars], path: '/' },
    {
      name: 'NaN among its data',
      dataset: chart,
      value: { data: { values: [NaN] } },
      path: '/data/values/0',
    },
  ]
  const suites = [
    ...driverConformance({
      driver: plot,
      samples,
      refused: [
        ...refused,
        {
          name: 'what cannot be drawn',
          dataset: chart,
          value: { mark: 'nonsense', encoding: {} },
          path: '/',
        },
        {
          name: 'data that lie elsewhere',
          dataset: chart,
          value: { ...bars, data: { url: 'https://example.org/data.json' } },
          path: 'lie elsewhere',
        },
      ],
      broken: [
        { name: 'an empty file', dataset: chart, bytes: new Uint8Array() },
        { name: 'a picture of something else', dataset: chart, bytes: Buffer.from('<svg></svg>') },
      ],
    }),
    ...driverConformance({ driver: asPng, samples, refused }),
    ...driverConformance({ driver: asJson, samples, refused }),
  ]
  test.each(suites)('$name', async ({ run }) => {
    await expect(run()).resolves.toBeUndefined()
  })

  test('draws what the specification says', async () => {
    const svg = Buffer.from(await plot.encode(bars, chart)).toString()
    expect(svg).toMatch(/^<svg[^>]*>/)
    expect(svg).toContain('tree &lt;&amp;&gt; "é"')
  })

  test('draws a PNG of twice as many pixels as units, by the end of its path', async () => {
    const png = Buffer.from(
      await asPng.encode({ ...bars, width: 100, height: 50, padding: 0 }, chart),
    )
    expect(png.subarray(1, 4).toString()).toBe('PNG')
    expect(png.readUInt32BE(16)).toBeGreaterThanOrEqual(200)
    expect([asPng.extension, asPng.mediaType]).toEqual(['.png', 'image/png'])
  })

  test('reads a picture of any format, whatever the catalog says of it', async () => {
    const bytes = await asPng.encode(bars, chart)
    expect(await plot.decode(bytes, chart, 'it')).toEqual(bars)
  })
})
