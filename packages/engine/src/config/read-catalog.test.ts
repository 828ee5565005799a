import { describe, expect, test } from 'vitest'

import { confFolder, failure } from './fixture/conf-folder.ts'

const { load } = confFolder()

describe('catalog.yml', () => {
  test('takes Kedro’s names of types, templates and merges', async () => {
    const { catalog } = await load({
      'base/catalog.yml':
        '_csv: &csv\n  type: pandas.CSVDataset\ndays:\n  <<: *csv\n  filepath: data/days.csv\n  metadata: {owner: me}\n',
    })
    expect(catalog).toEqual({
      days: { type: 'csv', filepath: 'data/days.csv', versioned: false, metadata: { owner: 'me' } },
    })
  })

  test.each([
    [
      'an unknown key',
      'a:\n  type: csv\n  filepth: x\n',
      'CONFIG_UNKNOWN_KEY',
      ':3:3: "filepth" is not a setting in /a',
      'Did you mean "filepath"',
    ],
    [
      'an unknown type',
      'a:\n  type: cvs\n  filepath: x\n',
      'DATASET_TYPE_UNKNOWN',
      ':2:9: ',
      'csv',
    ],
    ['a missing key', 'a: 1\nb:\n  type: csv\n', 'CONFIG_INVALID', ':1:4: at /a', undefined],
    [
      'a missing filepath',
      'b:\n  type: csv\n',
      'CONFIG_INVALID',
      ':2:3: at /b/filepath',
      undefined,
    ],
    [
      'a wrong kind',
      'a: {type: csv, filepath: x, versioned: sometimes}\n',
      'CONFIG_INVALID',
      ':1:40: at /a/versioned',
      undefined,
    ],
    ['an entry that is no map', 'a: data/a.csv\n', 'CONFIG_INVALID', ':1:4: at /a', undefined],
    [
      'a name that no dataset can have',
      '"a b": {type: csv, filepath: x}\n',
      'CONFIG_INVALID',
      ':1:1: "a b"',
      undefined,
    ],
    [
      'a path without storage',
      'a: {type: csv, filepath: ftp://b/x}\n',
      'CONFIG_INVALID',
      ':1:26: ',
      undefined,
    ],
    [
      'a NUL in a path',
      'a: {type: csv, filepath: "a\\0b"}\n',
      'CONFIG_INVALID',
      ':1:26: ',
      undefined,
    ],
  ])('refuses %s at its place', async (_, source, code, message, hint) => {
    await expect(load({ 'base/catalog.yml': source })).rejects.toEqual(
      failure(code, `conf/base/catalog.yml${message}`, hint),
    )
  })

  test('names the environment’s file when the mistake is there', async () => {
    const files = {
      'base/catalog.yml': 'a: {type: csv, filepath: x}\n',
      'local/catalog.yml': '\na: {type: csv, path: x}\n',
    }
    await expect(load(files)).rejects.toEqual(
      failure('CONFIG_UNKNOWN_KEY', 'conf/local/catalog.yml:2:16: "path"'),
    )
  })
})
