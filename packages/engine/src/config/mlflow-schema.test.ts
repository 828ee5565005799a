import { describe, expect, test } from 'vitest'

import { confFolder, failure } from './fixture/conf-folder.ts'

const { load } = confFolder()

describe('mlflow.yml', () => {
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
      'tracking:\n  experment: {name: x}\n',
      'CONFIG_UNKNOWN_KEY',
      ':2:3: "experment" is not a setting in /tracking',
      'Did you mean "experiment"',
    ],
    ['trackng: {}\n', 'CONFIG_UNKNOWN_KEY', ':1:1: "trackng"', 'Did you mean "tracking"'],
    ['tracking: {attempts: all}\n', 'CONFIG_INVALID', ':1:22: at /tracking/attempts', undefined],
  ])('%j is refused at its place', async (source, code, message, hint) => {
    await expect(load({ 'base/mlflow.yml': source })).rejects.toEqual(
      failure(code, `conf/base/mlflow.yml${message}`, hint),
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
