import { symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { describe, expect, test } from 'vitest'

import { confFolder, failure } from './fixture/conf-folder.ts'

const project = confFolder()

describe('loadConfig', () => {
  test('needs no file at all', async () => {
    expect(await project.load({})).toMatchObject({
      env: 'local',
      files: [],
      catalog: {},
      parameters: { nested: {}, flat: {} },
      pipewright: {
        redis: { url: null, prefix: '{pw}', durability: 'default', replicas: 0 },
        store: { url: '.pipewright/store' },
        worker: {
          queues: ['default'],
          concurrency: 8,
          lease: 10_000,
          checkEvery: 5000,
          lossBudget: 10,
        },
        retention: { succeeded: 604_800_000, failed: 2_592_000_000 },
      },
      mlflow: { tracking: { node_runs: { record: 'all', max: 500 }, attempts: 'nested' } },
    })
  })

  test('lays the environment over the base, files in the order of reading', async () => {
    const config = await project.load({
      'base/catalog.yml':
        'a: {type: csv, filepath: a.csv, versioned: true}\nb: {type: json, filepath: b.json}\n',
      'local/catalog.yaml': 'a: {type: json, filepath: other.json}\n',
      'base/parameters.yml': 'train: {epochs: 50, rate: 0.1}\nseed: 1\n',
      'local/parameters.yml': 'train: {epochs: 2}\n',
      'prod/parameters.yml': 'seed: 9\n',
    })
    expect(config.files).toEqual([
      'conf/base/catalog.yml',
      'conf/local/catalog.yaml',
      'conf/base/parameters.yml',
      'conf/local/parameters.yml',
    ])
    // A catalog entry is replaced whole: `versioned` of the base does not shine through.
    expect(config.catalog['a']).toEqual({ type: 'json', filepath: 'other.json', versioned: false })
    expect(config.catalog['b']).toEqual({ type: 'json', filepath: 'b.json', versioned: false })
    expect(config.parameters.nested).toEqual({ train: { epochs: 2, rate: 0.1 }, seed: 1 })
    expect((await project.load({}, { env: 'prod' })).parameters.flat).toEqual({
      'train.epochs': 50,
      'train.rate': 0.1,
      seed: 9,
    })
    expect((await project.load({}, { env: 'base' })).parameters.flat).toMatchObject({
      'train.epochs': 50,
    })
  })

  test('refuses an environment without a folder, except local', async () => {
    await expect(project.load({ 'base/parameters.yml': 'a: 1\n' }, { env: 'prd' })).rejects.toEqual(
      failure('CONFIG_ENV_NOT_FOUND', '"prd" has no folder conf/prd'),
    )
    expect((await project.load({}, { env: 'local' })).env).toBe('local')
  })

  test.each(['../base', '', 'a/b', '.', '/etc'])(
    'does not take %j for an environment',
    async (env) => {
      await expect(project.load({}, { env })).rejects.toEqual(
        failure('CONFIG_ENV_NOT_FOUND', 'not the name'),
      )
    },
  )

  test('reads catalog_*.yml and parameters_*.yml side by side, and refuses one name in two', async () => {
    const files = {
      'base/catalog.yml': 'a: {type: json, filepath: a}\n',
      'base/catalog_scoring.yml': 'b: {type: json, filepath: b}\n',
    }
    expect(Object.keys((await project.load(files)).catalog)).toEqual(['a', 'b'])
    await expect(
      project.load({ 'base/catalog_x.yml': '\nb: {type: csv, filepath: c}\n' }),
    ).rejects.toEqual(
      failure(
        'CONFIG_DUPLICATE_KEY',
        'conf/base/catalog_x.yml:2:1: "b" is already set at conf/base/catalog_scoring.yml:1:1',
      ),
    )
  })

  test('a link to a file is read, a file that is not UTF-8 is refused', async () => {
    await project.load({ 'base/x': 'a: 1\n' })
    await symlink('x', join(project.root, 'conf/base/parameters.yml'))
    expect((await project.load({})).parameters.flat).toEqual({ a: 1 })
    await writeFile(join(project.root, 'conf/base/globals.yml'), Uint8Array.of(0x61, 0x3a, 0xff))
    await expect(project.load({})).rejects.toEqual(
      failure('CONFIG_SYNTAX', 'conf/base/globals.yml:1:1: The file is not UTF-8'),
    )
  })

  test('malformed YAML names file, line and column', async () => {
    await expect(project.load({ 'base/catalog.yml': 'a: {type: csv\nb: 1\n' })).rejects.toEqual(
      failure('CONFIG_SYNTAX', /^conf\/base\/catalog\.yml:2:\d+: /),
    )
  })
})
