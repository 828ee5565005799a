import { describe, expect, test } from 'vitest'

import { parseYaml } from './parse-yaml.ts'
import { catalogFor, readCatalog, type ReadCatalog } from './read-catalog.ts'

function read(text: string): ReadCatalog {
  return readCatalog(parseYaml(text, 'conf/base/catalog.yml'), '/project')
}

describe('dataset factories', () => {
  test('give entries to the datasets whose names fit, an entry of its own going first', () => {
    const all = read(`
days: { type: json, filepath: own.json }
'{name}': { type: csv, filepath: 'any/{name}.csv' }
'{space}.{name}': { type: csv, filepath: 'data/{space}/{name}.csv', metadata: { of: ['{space}', 3] } }
'uk.{name}': { type: json, filepath: 'uk/{name}.json', versioned: true }
`)
    const catalog = catalogFor(all, ['days', 'uk.days', 'fr.days', 'rain'])
    expect(catalog).toMatchObject({
      days: { type: 'json', filepath: 'own.json' },
      'uk.days': { type: 'json', filepath: 'uk/days.json', versioned: true },
      'fr.days': { type: 'csv', filepath: 'data/fr/days.csv', metadata: { of: ['fr', 3] } },
      rain: { type: 'csv', filepath: 'any/rain.csv' },
    })
    expect(all.factories.patterns).toEqual(['uk.{name}', '{space}.{name}', '{name}'])
    expect(all.factories.find('uk.days')?.pattern).toBe('uk.{name}')
    expect(all.factories.find('days')).toBeUndefined()
  })

  test('may leave a dataset with its run, and are left by one that the catalog keeps there', () => {
    const all = read(`
model: { type: MemoryDataset }
'tmp_{name}': { type: MemoryDataset }
'{name}': { type: csv, filepath: '{name}.csv' }
`)
    expect(Object.keys(catalogFor(all, ['model', 'tmp_x', 'days']))).toEqual(['days'])
  })

  test.each([
    [`'{name}': { type: csv, filepath: x, sep: ; }`, 'CONFIG_UNKNOWN_KEY', ':1:37: "sep"'],
    [`'{name}': { type: cvs, filepath: x }`, 'DATASET_TYPE_UNKNOWN', ':1:19: '],
    [`'{name}': { type: csv }`, 'CONFIG_INVALID', ':1:11: at /name/filepath'],
    [`'{name': { type: csv, filepath: x }`, 'CONFIG_INVALID', ':1:1: "{name" is no pattern'],
    [`'{n}/{m}': { type: csv, filepath: x }`, 'CONFIG_INVALID', ':1:1: "n/m" cannot be'],
    [
      `'{name}': { type: csv, filepath: 'x/{nam}.csv' }`,
      'CONFIG_INVALID',
      ':1:34: {nam} is no placeholder of "{name}"',
    ],
    [
      `'{a}': { type: csv, filepath: x }\n'{b}{c}': { type: csv, filepath: y }`,
      'CONFIG_INVALID',
      ':1:1: "{b}{c}" takes every dataset already',
    ],
  ])('are refused at their place before any name fits: %s', (text, code, message) => {
    expect(() => read(text)).toThrow(
      expect.objectContaining({
        code,
        message: expect.stringContaining(`conf/base/catalog.yml${message}`),
        hint: expect.any(String),
      }),
    )
  })

  test('whose type is a placeholder are checked when a name fits', () => {
    const all = read(`'{kind}_{name}': { type: '{kind}', filepath: '{name}' }`)
    expect(catalogFor(all, ['csv_days'])['csv_days']).toMatchObject({ type: 'csv' })
    expect(() => catalogFor(all, ['cvs_days'])).toThrow(
      expect.objectContaining({ code: 'DATASET_TYPE_UNKNOWN' }),
    )
  })
})

describe('entries with another inside', () => {
  test('a folder has the type and the settings of its files', () => {
    const { catalog } = read(`
stations:
  type: kedro_datasets.partitions.PartitionedDataset
  path: data/stations
  dataset: pandas.CSVDataset
  filename_suffix: .csv
  credentials: outer
months: { type: incremental, path: data/months, dataset: { type: csv, credentials: inner }, credentials: outer, checkpoint: '' }
`)
    expect(catalog).toMatchObject({
      stations: {
        type: 'csv',
        filepath: 'data/stations',
        credentials: 'outer',
        partitions: { suffix: '.csv', overwrite: false },
      },
      months: { type: 'csv', credentials: 'inner', partitions: { incremental: { force: '' } } },
    })
  })

  test.each([
    [
      'a: { type: partitioned, path: x, dataset: { type: csv, filepath: y } }',
      'CONFIG_INVALID',
      'the partitions have their paths',
    ],
    ['a: { type: partitioned, path: x, dataset: cvs }', 'DATASET_TYPE_UNKNOWN', '"cvs"'],
    ['a: { type: partitioned, dataset: csv }', 'CONFIG_INVALID', '/a/path'],
    [
      'a: { type: incremental, path: x, dataset: csv, checkpoint: { comparison_func: f } }',
      'CONFIG_INVALID',
      'sorts after it',
    ],
    ['a: { type: pickle, filepath: x }', 'CONFIG_INVALID', 'allow_pickle'],
    ['a: { type: text, filepath: x, load_args: { sep: ; } }', 'DATASET_SETTING_INVALID', ':1:42'],
  ])('%s is refused', (text, code, message) => {
    expect(() => read(text)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    )
  })
})
