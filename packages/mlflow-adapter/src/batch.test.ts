import { expect, it } from 'vitest'

import { split } from './batch.ts'

const tags = (count: number, size = 1): { key: string; value: string }[] =>
  Array.from({ length: count }, (_, at) => ({ key: `k${at}`, value: 'v'.repeat(size) }))
const points = (count: number): { key: string; value: number; timestamp: number; step: number }[] =>
  Array.from({ length: count }, (_, step) => ({ key: 'loss', value: 1, timestamp: 1, step }))

it('nothing to say is no call', () => {
  expect(split({ params: [], metrics: [], tags: [] })).toEqual([])
})

it('what fits is one call', () => {
  expect(split({ params: tags(100), metrics: points(800), tags: tags(100) })).toHaveLength(1)
})

it('no part has more than 100 params, 100 tags and 1000 of all, and nothing is lost or moved', () => {
  const batch = { params: tags(250), metrics: points(2500), tags: tags(150) }
  const parts = split(batch)
  for (const { params, metrics, tags } of parts) {
    expect(params.length).toBeLessThanOrEqual(100)
    expect(tags.length).toBeLessThanOrEqual(100)
    expect(params.length + metrics.length + tags.length).toBeLessThanOrEqual(1000)
  }
  expect(parts.flatMap(({ params }) => params)).toEqual(batch.params)
  expect(parts.flatMap(({ metrics }) => metrics)).toEqual(batch.metrics)
  expect(parts.flatMap(({ tags }) => tags)).toEqual(batch.tags)
})

it('no part is larger than the 1 MB that servers take', () => {
  const params = Array.from({ length: 100 }, (_, at) => ({
    key: `k${at}`,
    value: '日'.repeat(6000),
  }))
  const parts = split({ params, metrics: [], tags: [] })
  for (const part of parts) expect(Buffer.byteLength(JSON.stringify(part))).toBeLessThan(1_000_000)
  expect(parts.flatMap(({ params: some }) => some)).toEqual(params)
})
