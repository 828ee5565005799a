import { expect, it } from 'vitest'

import { fitReads, type CatalogRead } from './catalog-read.ts'

function read(at: number, columns: number): CatalogRead {
  const names = Array.from({ length: columns }, (_, column) => `column-${column}`)
  return {
    dataset: `dataset-${at}`,
    path: `/data/01_raw/dataset-${at}.csv`,
    format: 'csv',
    bytes: 1000,
    sha256: 'a'.repeat(64),
    schema: names.map((name) => [name, 'double'] as const),
    profile: {
      rows: 10,
      columns,
      stats: Object.fromEntries(names.map((name) => [name, { min: 0, max: 1 }])),
    },
  }
}

it('one read of a table has room for all that is said of it', () => {
  expect(fitReads([read(0, 5)])).toEqual([read(0, 5)])
  expect(fitReads([])).toBeUndefined()
})

it('what there is no room for is left out: statistics, then schemas, then the last reads', () => {
  const some = fitReads([read(0, 15), read(1, 15)])
  expect(some?.[0]).toMatchObject({ schema: expect.any(Array), profile: { rows: 10, columns: 15 } })
  expect(some?.[0]?.profile?.stats).toBeUndefined()
  const more = fitReads([read(0, 40), read(1, 40), read(2, 40)])
  expect(more).toHaveLength(3)
  expect(more?.[0]?.schema).toBeUndefined()
  const many = fitReads(Array.from({ length: 100 }, (_, at) => read(at, 40)))
  expect(many?.length).toBeGreaterThan(3)
  expect(JSON.stringify(many).length).toBeLessThanOrEqual(1500)
})
