import { describe, expect, test } from 'vitest'

import { confFolder, failure } from './fixture/conf-folder.ts'

const { load } = confFolder()

describe('interpolation', () => {
  test('globals and runtime params keep their types, alone and in text', async () => {
    const { catalog, parameters } = await load(
      {
        'base/globals.yml': 'data: {raw: data/01_raw}\nn: 7\n',
        'local/globals.yml': 'n: 8\n',
        'base/catalog.yml':
          'a: {type: csv, filepath: "${globals:data.raw}/${runtime_params:name}-${globals:n}.csv"}\n',
        'base/parameters.yml':
          'n: ${globals:n}\nall: ${globals:data}\nfolder: ${runtime_params:train.folder}\nlist: ["${runtime_params:list}"]\n',
      },
      { runtimeParams: { name: 'x', 'train.folder': 'f', list: [1, true] } },
    )
    expect(catalog['a']?.filepath).toBe('data/01_raw/x-8.csv')
    expect(parameters.nested).toEqual({
      n: 8,
      all: { raw: 'data/01_raw' },
      folder: 'f',
      list: [[1, true]],
    })
  })

  test.each([
    ['${globals:none,5}', 5],
    ['${globals:none,-1.5e3}', -1500],
    ['${globals:none,true}', true],
    ['${globals:none,null}', null],
    ['${globals:none,}', ''],
    ['${globals:none,a b}', 'a b'],
    ['${globals:none,"5"}', '5'],
    ["${globals:none,'a,b'}", 'a,b'],
    ['${globals:none,${globals:other,${globals:n}}}', 7],
    ['${globals:zero,5}', 0],
    ['${ globals:n }', 7],
    ['x${globals:none,}y', 'xy'],
    ['\\${globals:n}', '${globals:n}'],
    ['$5 and {globals:n}', '$5 and {globals:n}'],
    ['${_template.x}', 'from the same file'],
    ['${p}', null],
  ])('%s is %j', async (text, expected) => {
    const { parameters } = await load({
      'base/globals.yml': 'n: 7\nzero: 0\n',
      'base/parameters.yml': `_template: {x: from the same file}\np: ~\nvalue: ${JSON.stringify(text)}\n`,
    })
    expect(parameters.nested['value']).toEqual(expected)
    expect(parameters.nested).not.toHaveProperty('_template')
  })

  test.each([
    [
      'a name that is not there',
      '${globals:dta}',
      'CONFIG_INTERPOLATION',
      '"dta" is not in globals.yml',
      'Did you mean "data"',
    ],
    [
      'a runtime param that is not given',
      '${runtime_params:x}',
      'CONFIG_INTERPOLATION',
      '"x" is not in the runtime params',
      undefined,
    ],
    [
      'an unknown resolver',
      '${global:x}',
      'CONFIG_INTERPOLATION',
      'no resolver "global"',
      'Did you mean "globals"',
    ],
    ['an open brace', '${globals:x', 'CONFIG_INTERPOLATION', 'never closes', undefined],
    ['a map inside text', 'x${globals:data}', 'CONFIG_INTERPOLATION', 'is a map', undefined],
    ['a circle', '${value}', 'CONFIG_INTERPOLATION', 'circle', undefined],
    ['the environment', '${oc.env:HOME}', 'CONFIG_ENV_REFUSED', 'oc.env:HOME', 'credentials.yml'],
    [
      'the environment with a default',
      '${oc.env:HOME,x}',
      'CONFIG_ENV_REFUSED',
      'oc.env:HOME',
      undefined,
    ],
    [
      'the environment by way of a default',
      '${globals:none,${oc.env:HOME}}',
      'CONFIG_ENV_REFUSED',
      'oc.env:HOME',
      undefined,
    ],
  ])('refuses %s in parameters.yml, at its place', async (_, text, code, message, hint) => {
    const files = {
      'base/globals.yml': 'data: {raw: x}\n',
      'base/parameters.yml': `a: 1\nvalue: ${JSON.stringify(text)}\n`,
    }
    await expect(load(files, { environment: { HOME: '/home' } })).rejects.toEqual(
      failure(code, message, hint),
    )
    await expect(load(files)).rejects.toMatchObject({
      position: { file: 'conf/base/parameters.yml', line: 2, column: 8 },
    })
  })

  test.each([
    ['globals.yml', 'a: ${oc.env:SECRET}\n'],
    ['catalog.yml', 'a: {type: csv, filepath: "${oc.env:SECRET}"}\n'],
    ['mlflow.yml', 'tracking: {experiment: {name: "${oc.env:SECRET}"}}\n'],
  ])('refuses the environment in %s, from where it would be recorded', async (name, source) => {
    await expect(
      load({ [`base/${name}`]: source }, { environment: { SECRET: 'x' } }),
    ).rejects.toEqual(failure('CONFIG_ENV_REFUSED', `conf/base/${name}:1:`))
  })

  test('the environment reaches credentials, pipewright.yml and the server of mlflow.yml, as it is', async () => {
    const config = await load(
      {
        'local/credentials.yml': 'db: {password: "${oc.env:SECRET}"}\n',
        'base/pipewright.yml':
          'redis: {url: "${oc.env:R,redis://localhost}"}\nworker: {concurrency: "${oc.env:N}"}\n',
        'base/mlflow.yml': 'server: {mlflow_tracking_uri: "${oc.env:M}"}\n',
      },
      { environment: { SECRET: 'a${globals:b}: #c', N: '16', M: 'http://mlflow' } },
    )
    expect(config.credentials.get('db').reveal()).toEqual({ password: 'a${globals:b}: #c' })
    expect(config.pipewright).toMatchObject({
      redis: { url: 'redis://localhost' },
      worker: { concurrency: 16 },
    })
    expect(config.mlflow.server.mlflow_tracking_uri).toBe('http://mlflow')
  })

  test('a variable that is not set is named, with what to do', async () => {
    const { credentials } = await load({ 'base/credentials.yml': 'a: ${oc.env:TOKEN}\n' })
    expect(() => credentials.get('a')).toThrow(
      failure(
        'CONFIG_INTERPOLATION',
        'conf/base/credentials.yml:1:4: the environment variable "TOKEN" is not set',
        '${oc.env:TOKEN,default}',
      ),
    )
  })

  test('globals may not refer to globals or runtime params', async () => {
    await expect(load({ 'base/globals.yml': 'a: ${globals:b,1}\n' })).rejects.toEqual(
      failure('CONFIG_INTERPOLATION', 'cannot be used in this file'),
    )
  })

  test('references that stand for too much are refused', async () => {
    const files = {
      'base/globals.yml': `big: [${'1, '.repeat(12_000)}]\ntext: ${'x'.repeat(900_000)}\n`,
      'base/parameters.yml': Array.from(
        { length: 10 },
        (_, index) => `p${index}: \${globals:big}`,
      ).join('\n'),
    }
    await expect(load(files)).rejects.toEqual(
      failure('CONFIG_TOO_LARGE', 'conf/base/parameters.yml:'),
    )
    const texts = Array.from({ length: 50 }, (_, index) => `p${index}: "-\${globals:text}"`).join(
      '\n',
    )
    await expect(load({ ...files, 'base/parameters.yml': texts })).rejects.toEqual(
      failure('CONFIG_TOO_LARGE', ''),
    )
  })
})
