import { describe, expect, it } from 'vitest'

import { MetricBuffer } from './metric-buffer.ts'

describe('MetricBuffer', () => {
  it('gives each metric once, in order', () => {
    const buffer = new MetricBuffer()
    buffer.add('loss', 2, 0, 10)
    buffer.add('loss', 1, 1, 11)
    expect(buffer.size).toBe(2)
    expect(buffer.drain(8192)).toEqual([
      [
        ['loss', 2, 0, 10],
        ['loss', 1, 1, 11],
      ],
    ])
    expect(buffer.drain(8192)).toEqual([])
    buffer.add('loss', 0.5, 2, 12)
    expect(buffer.drain(8192)).toEqual([[['loss', 0.5, 2, 12]]])
  })

  it('keeps the last value of each key, drained or not', () => {
    const buffer = new MetricBuffer()
    buffer.add('loss', 2, 0, 10)
    buffer.add('f1', 'NaN', 0, 10)
    buffer.drain(8192)
    buffer.add('loss', 1, 1, 11)
    expect(buffer.finalMetrics).toEqual({ loss: 1, f1: 'NaN' })
    expect(Object.keys(buffer.finalMetrics)).toEqual(['loss', 'f1'])
  })

  it('cuts batches by their size as JSON in UTF-8, and loses nothing', () => {
    const buffer = new MetricBuffer()
    for (let step = 0; step < 1000; step++)
      buffer.add(`Verlust-größe-${'ü'.repeat(step % 50)}`, Math.sqrt(step), step, 1_700_000_000_000)
    const batches = buffer.drain(2000)
    expect(batches.length).toBeGreaterThan(1)
    for (const batch of batches)
      expect(Buffer.byteLength(JSON.stringify(batch))).toBeLessThanOrEqual(2000)
    expect(batches.flat().map(([, , step]) => step)).toEqual(
      Array.from({ length: 1000 }, (_, i) => i),
    )
  })

  it('gives a metric that is too large for any batch one of its own', () => {
    const buffer = new MetricBuffer()
    buffer.add('a', 1, 0, 1)
    buffer.add('x'.repeat(200), 1, 0, 1)
    buffer.add('b', 1, 0, 1)
    expect(buffer.drain(100).map((batch) => batch.length)).toEqual([1, 1, 1])
  })
})
