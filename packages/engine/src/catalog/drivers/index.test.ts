import { describe, expect, test } from 'vitest'

import { driverNames, findDriver } from './index.ts'

describe('findDriver', () => {
  test('knows each driver by its own name', () => {
    expect(driverNames.map((name) => findDriver(name).name)).toEqual(driverNames)
  })

  test.each([
    ['json.JSONDataset', 'json'],
    ['pandas.JSONDataset', 'json'],
    ['pandas.CSVDataset', 'csv'],
    ['text.TextDataset', 'text'],
    ['kedro_datasets.pandas.CSVDataset', 'csv'],
  ])('takes Kedro’s %s for %s', (type, name) => {
    expect(findDriver(type).name).toBe(name)
  })

  test('names the nearest type for one that it does not know, and where it was written', () => {
    const position = { file: 'conf/base/catalog.yml', line: 3, column: 15 }
    expect(() => findDriver('jsno', position)).toThrow(
      expect.objectContaining({
        code: 'DATASET_TYPE_UNKNOWN',
        message: 'conf/base/catalog.yml:3:15: There is no dataset type "jsno".',
        hint: 'Did you mean "json"?',
        position,
      }),
    )
  })

  test.each(['constructor', '__proto__', 'toString', ''])(
    'does not take %j for a driver',
    (type) => {
      expect(() => findDriver(type)).toThrow(
        expect.objectContaining({ code: 'DATASET_TYPE_UNKNOWN' }),
      )
    },
  )
})
