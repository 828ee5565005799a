import { describe, expect, test } from 'vitest'

import { confFolder, failure } from './fixture/conf-folder.ts'
import { findParameter } from './parameters.ts'

const { load } = confFolder()

describe('parameters.yml', () => {
  test('dotted names and nested ones are the same', async () => {
    const { parameters } = await load({
      'base/parameters.yml':
        'train.epochs: 50\ntrain:\n  rate: 0.1\n  layers: [1, 2]\n  options: {}\n',
      'local/parameters.yml': 'train.rate: 0.5\n',
    })
    expect(parameters.nested).toEqual({
      train: { epochs: 50, rate: 0.5, layers: [1, 2], options: {} },
    })
    expect(parameters.flat).toEqual({
      'train.epochs': 50,
      'train.rate': 0.5,
      'train.layers': [1, 2],
      'train.options': {},
    })
    expect(parameters.positions['train.rate']).toEqual({
      file: 'conf/local/parameters.yml',
      line: 1,
      column: 13,
    })
  })

  test('refuses a name in both forms', async () => {
    await expect(
      load({ 'base/parameters.yml': 'train: {epochs: 1}\ntrain.epochs: 2\n' }),
    ).rejects.toEqual(
      failure(
        'CONFIG_DUPLICATE_KEY',
        'conf/base/parameters.yml:2:1: "epochs" is already set at conf/base/parameters.yml:1:9',
      ),
    )
    await expect(load({ 'base/parameters.yml': 'train: 1\ntrain.epochs: 2\n' })).rejects.toEqual(
      failure('CONFIG_DUPLICATE_KEY', ''),
    )
  })

  test.each(['a.__proto__.x: 1\n', '__proto__.polluted: 1\n', 'a.constructor: 1\n'])(
    'refuses %j',
    async (source) => {
      await expect(load({ 'base/parameters.yml': source })).rejects.toEqual(
        failure('CONFIG_KEY_REFUSED', 'conf/base/parameters.yml:1:1'),
      )
      expect({}).not.toHaveProperty('polluted')
    },
  )

  test('a param that is an object is found whole', async () => {
    const { parameters } = await load({
      'base/parameters.yml': 'train: {options: {a: 1, b: {c: 2}}}\n',
    })
    expect(findParameter(parameters, 'train.options')).toEqual({ a: 1, b: { c: 2 } })
    expect(findParameter(parameters, 'train.options.b.c')).toBe(2)
    expect(findParameter(parameters, 'train.other')).toBeUndefined()
    expect(findParameter(parameters, 'toString')).toBeUndefined()
  })
})
