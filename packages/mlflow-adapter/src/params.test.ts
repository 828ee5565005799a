import { expect, it } from 'vitest'

import { writeParams } from './params.ts'
import { adapterSettings } from './settings.ts'

const { params: settings } = adapterSettings()
const nested = { grid: { depth: { max: 3 }, kinds: ['a'], none: {} }, seed: 1 }

it('mappings become a param a key; lists and empty mappings stay values', () => {
  expect(writeParams(nested, settings).params).toEqual([
    { key: 'grid.depth.max', value: '3' },
    { key: 'grid.kinds', value: '["a"]' },
    { key: 'grid.none', value: '{}' },
    { key: 'seed', value: '1' },
  ])
})

it('only the outer mapping is flattened without recursion, and none without flattening', () => {
  expect(writeParams(nested, { ...settings, recursive: false }).params[0]).toEqual({
    key: 'grid.depth',
    value: '{"max":3}',
  })
  expect(writeParams(nested, { ...settings, flatten: false }).params.map(({ key }) => key)).toEqual(
    ['grid', 'seed'],
  )
})

it('of a long value more is kept as a tag, when the settings say so', () => {
  const long = { text: 'x'.repeat(7000), short: 'y' }
  const { params, tags, wasCut } = writeParams(long, settings)
  expect(params[0]?.value).toHaveLength(6000)
  expect(tags).toEqual([{ key: 'text', value: long.text }])
  expect(wasCut).toBe(true)
  expect(writeParams(long, { ...settings, long: 'truncate' }).tags).toEqual([])
})
