import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { loadConfig, type Config, type LoadConfigOptions } from './load-config.ts'
import { findParameter } from './parameters.ts'

let root = ''

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'pipewright-config-'))
})
afterEach(async () => {
  await rm(root, { recursive: true, force: true })
})

/** Writes files below `conf` and loads them. */
async function load(
  files: Record<string, string>,
  options: Partial<LoadConfigOptions> = {},
): Promise<Config> {
  await Promise.all(
    Object.entries(files).map(async ([name, content]) => {
      const path = join(root, 'conf', name)
      await mkdir(dirname(path), { recursive: true })
      await writeFile(path, content)
    }),
  )
  return await loadConfig({ root, environment: {}, ...options })
}

const failure = (code: string, message: string | RegExp, hint?: string): unknown =>
  expect.objectContaining({
    code,
    message:
      typeof message === 'string'
        ? expect.stringContaining(message)
        : expect.stringMatching(message),
    ...(hint === undefined ? {} : { hint: expect.stringContaining(hint) }),
  })

describe('loadConfig', () => {
  test('needs no file at all', async () => {
    expect(await load({})).toMatchObject({
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
    const config = await load({
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
    expect((await load({}, { env: 'prod' })).parameters.flat).toEqual({
      'train.epochs': 50,
      'train.rate': 0.1,
      seed: 9,
    })
    expect((await load({}, { env: 'base' })).parameters.flat).toMatchObject({ 'train.epochs': 50 })
  })

  test('refuses an environment without a folder, except local', async () => {
    await expect(load({ 'base/parameters.yml': 'a: 1\n' }, { env: 'prd' })).rejects.toEqual(
      failure('CONFIG_ENV_NOT_FOUND', '"prd" has no folder conf/prd'),
    )
    expect((await load({}, { env: 'local' })).env).toBe('local')
  })

  test.each(['../base', '', 'a/b', '.', '/etc'])(
    'does not take %j for an environment',
    async (env) => {
      await expect(load({}, { env })).rejects.toEqual(
        failure('CONFIG_ENV_NOT_FOUND', 'not the name'),
      )
    },
  )

  test('reads catalog_*.yml and parameters_*.yml side by side, and refuses one name in two', async () => {
    const files = {
      'base/catalog.yml': 'a: {type: json, filepath: a}\n',
      'base/catalog_scoring.yml': 'b: {type: json, filepath: b}\n',
    }
    expect(Object.keys((await load(files)).catalog)).toEqual(['a', 'b'])
    await expect(load({ 'base/catalog_x.yml': '\nb: {type: csv, filepath: c}\n' })).rejects.toEqual(
      failure(
        'CONFIG_DUPLICATE_KEY',
        'conf/base/catalog_x.yml:2:1: "b" is already set at conf/base/catalog_scoring.yml:1:1',
      ),
    )
  })

  test('a link to a file is read, a file that is not UTF-8 is refused', async () => {
    await load({ 'base/x': 'a: 1\n' })
    await symlink('x', join(root, 'conf/base/parameters.yml'))
    expect((await load({})).parameters.flat).toEqual({ a: 1 })
    await writeFile(join(root, 'conf/base/globals.yml'), Uint8Array.of(0x61, 0x3a, 0xff))
    await expect(load({})).rejects.toEqual(
      failure('CONFIG_SYNTAX', 'conf/base/globals.yml:1:1: The file is not UTF-8'),
    )
  })

  test('malformed YAML names file, line and column', async () => {
    await expect(load({ 'base/catalog.yml': 'a: {type: csv\nb: 1\n' })).rejects.toEqual(
      failure('CONFIG_SYNTAX', /^conf\/base\/catalog\.yml:2:\d+: /),
    )
  })
})

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

describe('pipewright.yml and mlflow.yml', () => {
  test('durations and sizes are parsed, and settings merge key by key', async () => {
    const { pipewright } = await load({
      'base/pipewright.yml':
        'worker: {lease: 30s, checkEvery: 2s, lossBudget: 3, queues: [default, gpu]}\nqueues: {gpu: {concurrency: 1}}\nretention: {failed: 90d}\n',
      'local/pipewright.yml': 'worker: {concurrency: 2}\n',
    })
    expect(pipewright).toMatchObject({
      worker: {
        lease: 30_000,
        checkEvery: 2000,
        lossBudget: 3,
        queues: ['default', 'gpu'],
        concurrency: 2,
      },
      queues: { gpu: { concurrency: 1 } },
      retention: { failed: 7_776_000_000, succeeded: 604_800_000 },
    })
  })

  test('takes a whole mlflow.yml of kedro-mlflow', async () => {
    const { mlflow, remarks } = await load({
      'base/mlflow.yml': `
server:
  mlflow_tracking_uri: null
  mlflow_registry_uri: null
  credentials: null
  request_header_provider: {type: null, pass_context: False, init_kwargs: {}}
tracking:
  disable_tracking: {pipelines: [], disable_autologging: True}
  experiment:
    name: name
    create_experiment_kwargs: {artifact_location: null, tags: null}
    restore_if_deleted: True
  run: {id: null, name: null, nested: True}
  params:
    dict_params: {flatten: False, recursive: True, sep: "."}
    long_params_strategy: fail
ui: {port: "5000", host: "127.0.0.1"}
`,
    })
    expect(remarks).toEqual([])
    expect(mlflow).toMatchObject({
      tracking: {
        experiment: { name: 'name' },
        params: { long_params_strategy: 'fail', dict_params: { flatten: false } },
      },
      ui: { port: 5000 },
    })
  })

  test('takes our own settings of nested runs and artifacts', async () => {
    const { mlflow } = await load({
      'base/mlflow.yml':
        'tracking: {node_runs: {record: failed, max: 10}, attempts: last, tags: {team: a, cost: 3}}\nartifacts: {datasets: [report], max_bytes: 10}\n',
    })
    expect(mlflow.tracking).toMatchObject({
      node_runs: { record: 'failed', max: 10 },
      attempts: 'last',
      tags: { team: 'a', cost: '3' },
    })
    expect(mlflow.artifacts).toMatchObject({ datasets: ['report'], max_bytes: 10 })
  })

  test.each([
    [
      'mlflow.yml',
      'tracking:\n  experment: {name: x}\n',
      'CONFIG_UNKNOWN_KEY',
      ':2:3: "experment" is not a setting in /tracking',
      'Did you mean "experiment"',
    ],
    [
      'mlflow.yml',
      'trackng: {}\n',
      'CONFIG_UNKNOWN_KEY',
      ':1:1: "trackng"',
      'Did you mean "tracking"',
    ],
    [
      'mlflow.yml',
      'tracking: {attempts: all}\n',
      'CONFIG_INVALID',
      ':1:22: at /tracking/attempts',
      undefined,
    ],
    [
      'pipewright.yml',
      'worker:\n  concurrency: 0\n',
      'CONFIG_INVALID',
      ':2:16: at /worker/concurrency',
      undefined,
    ],
    [
      'pipewright.yml',
      'worker: {lease: soon}\n',
      'CONFIG_INVALID',
      ':1:17: at /worker/lease',
      undefined,
    ],
    [
      'pipewright.yml',
      'queues:\n  gpu: {concurency: 1}\n',
      'CONFIG_UNKNOWN_KEY',
      ':2:9: "concurency"',
      '"concurrency"',
    ],
    [
      'pipewright.yml',
      'redis: {url: localhost}\n',
      'CONFIG_INVALID',
      ':1:14: at /redis/url',
      undefined,
    ],
    [
      'pipewright.yml',
      'redis: {prefix: pw}\n',
      'CONFIG_INVALID',
      ':1:17: at /redis/prefix',
      undefined,
    ],
    [
      'pipewright.yml',
      'redis: {durability: sure}\n',
      'CONFIG_INVALID',
      ':1:21: at /redis/durability',
      undefined,
    ],
  ])('%s: %j is refused at its place', async (name, source, code, message, hint) => {
    await expect(load({ [`base/${name}`]: source })).rejects.toEqual(
      failure(code, `conf/base/${name}${message}`, hint),
    )
  })

  test.each([
    [
      'server:\n  mlflow_tracking_uri: mlruns\n',
      ':2:24: at /server/mlflow_tracking_uri: this is no address of a server',
    ],
    [
      'server:\n  mlflow_registry_uri: databricks-uc\n',
      ':2:24: at /server/mlflow_registry_uri: this is no address',
    ],
    [
      'server:\n  request_header_provider:\n    type: pkg.headers.MyProvider\n',
      ':3:11: at /server/request_header_provider/type: write "static", or the path of a module',
    ],
    [
      'server:\n  request_header_provider:\n    init_kwargs: {X-Key: a}\n',
      ':3:18: at /server/request_header_provider/init_kwargs: it needs a type',
    ],
    [
      'server:\n  request_header_provider: {type: static, init_kwargs: {X-Key: 1}}\n',
      ':2:64: at /server/request_header_provider/init_kwargs/X-Key: the value of a header is text',
    ],
    ['server:\n  tls: {key_file: a.pem}\n', ':2:19: at /server/tls/key_file: it needs cert_file'],
    ['server: {timeout: 10ms}\n', ':1:19: at /server/timeout'],
    [
      'tracking:\n  run: {id: abc}\n',
      ':2:13: at /tracking/run/id: each run of a pipeline makes a run',
    ],
    [
      'tracking: {params: {dict_params: {sep: "#"}}}\n',
      ':1:40: at /tracking/params/dict_params/sep: MLflow takes letters',
    ],
    [
      'tracking: {params: {long_params_strategy: cut}}\n',
      ':1:43: at /tracking/params/long_params_strategy',
    ],
    ['ui: {url: localhost}\n', ':1:11: at /ui/url: write http://'],
  ])(
    '%j cannot be obeyed and is refused at its place, with what to write',
    async (source, message) => {
      await expect(load({ 'base/mlflow.yml': source })).rejects.toEqual(
        failure('CONFIG_INVALID', `conf/base/mlflow.yml${message}`),
      )
    },
  )

  test('settings that change nothing get a remark, with their place', async () => {
    const { remarks } = await load({
      'base/mlflow.yml': `
server: {mlflow_tracking_uri: "http://mlflow:5000", tls: {verify: false}}
tracking:
  disable_tracking: {disable_autologging: false}
  run: {nested: false}
  node_runs: {record: failed}
  params: {dict_params: {flatten: false, sep: /}}
ui: {port: 5001}
`,
    })
    expect(
      remarks.map(({ text }) => text.slice('conf/base/mlflow.yml:'.length).split(':')[2]),
    ).toEqual([
      ' ui.port changes nothing',
      ' server.tls changes nothing',
      ' tracking.disable_tracking.disable_autologging changes nothing',
      ' tracking.node_runs.record changes nothing',
      ' tracking.params.dict_params.sep changes nothing',
    ])
    expect(remarks[0]?.text).toBe(
      'conf/base/mlflow.yml:8:12: ui.port changes nothing: it is for the embedded server, and mlflow_tracking_uri names another one.',
    )
  })

  test('a random name of kedro-mlflow is left for the run that gets it, and belongs nowhere else', async () => {
    const { mlflow } = await load({
      'base/mlflow.yml': 'tracking: {run: {name: "exp-${km.random_name:}"}}\n',
    })
    expect(mlflow.tracking.run.name).toBe('exp-${km.random_name:}')
    await expect(
      load({ 'base/mlflow.yml': 'tracking: {experiment: {name: "${km.random_name:}"}}\n' }),
    ).rejects.toEqual(failure('CONFIG_INTERPOLATION', 'there is no resolver "km.random_name"'))
  })

  test.each([
    ['mlflow: secret\n', ':1:9: "mlflow" is no map of variables'],
    ['mlflow:\n  MLFLOW_TRACKING_TOKEN: {a: 1}\n', ':2:3: "MLFLOW_TRACKING_TOKEN" is no variable'],
    ['mlflow:\n  my token: x\n', ':2:3: "my token" is no variable'],
  ])('credentials for MLflow are variables: %j', async (source, message) => {
    await expect(
      load({
        'base/mlflow.yml': 'server: {credentials: mlflow}\n',
        'local/credentials.yml': source,
      }),
    ).rejects.toEqual(failure('CONFIG_INVALID', `conf/local/credentials.yml${message}`))
  })

  test('credentials that mlflow.yml names must be there', async () => {
    const files = {
      'base/mlflow.yml': 'server: {credentials: mlflw}\n',
      'local/credentials.yml': 'mlflow: {MLFLOW_TRACKING_TOKEN: x}\n',
    }
    await expect(load(files)).rejects.toEqual(
      failure(
        'CONFIG_INVALID',
        'conf/base/mlflow.yml:1:23: "mlflw" is not in credentials.yml',
        'mlflow',
      ),
    )
    const { mlflow } = await load({ 'base/mlflow.yml': 'server: {credentials: mlflow}\n' })
    expect(mlflow.server.credentials).toBe('mlflow')
  })
})
