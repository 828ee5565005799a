import { inspect } from 'node:util'

import { expect, test } from 'vitest'

import { confFolder } from './fixture/conf-folder.ts'
import { mask } from './known-secrets.ts'

const { load } = confFolder()

const file = `
_region: eu-north-1
dev_s3: { key: "\${oc.env:S3_KEY}", secret: wJalr-XUtn-FEMI, client_kwargs: { region_name: "\${_region}" } }
other: { token: "\${oc.env:NOT_SET_HERE}" }
`

const withKey = { environment: { S3_KEY: 'AKIA-EXAMPLE' } }

test('entries are resolved when they are asked for, each alone', async () => {
  const { credentials } = await load({ 'local/credentials.yml': file }, withKey)
  expect(credentials.names).toEqual(['dev_s3', 'other'])
  expect(credentials.get('dev_s3').reveal()).toEqual({
    key: 'AKIA-EXAMPLE',
    secret: 'wJalr-XUtn-FEMI',
    client_kwargs: { region_name: 'eu-north-1' },
  })
  expect(() => credentials.get('other')).toThrow(
    expect.objectContaining({
      code: 'CONFIG_INTERPOLATION',
      message: expect.stringContaining('conf/local/credentials.yml:4:'),
    }),
  )
  expect(() => credentials.get('dev_s4')).toThrow(
    expect.objectContaining({
      code: 'CREDENTIALS_NOT_FOUND',
      hint: expect.stringContaining('dev_s3'),
    }),
  )
})

test('the configuration shows their keys and nothing else, however it is printed', async () => {
  const config = await load({ 'local/credentials.yml': file }, withKey)
  config.credentials.remember()
  const shown = inspect(config, { depth: 20, showHidden: true }) + JSON.stringify(config)
  expect(shown).toContain('dev_s3')
  expect(shown).not.toMatch(/AKIA|wJalr/)
})

test('what can be resolved is masked as soon as the worker has asked for it', async () => {
  const text = 'secret: masked-from-the-start\nother: ${oc.env:NOT_SET_HERE}\n'
  const { credentials } = await load({ 'local/credentials.yml': text })
  credentials.remember()
  expect(mask('the value is masked-from-the-start')).toBe('the value is ***')
})

test('an environment’s file lies over the base', async () => {
  const { credentials } = await load({
    'base/credentials.yml': 'db: { user: app, password: of-the-base }\n',
    'local/credentials.yml': 'db: { password: of-this-machine }\n',
  })
  expect(credentials.get('db').reveal()).toEqual({ user: 'app', password: 'of-this-machine' })
})

test('places, their credentials, networks and allowed inputs are settings', async () => {
  const { catalog, pipewright } = await load({
    'base/catalog.yml':
      'days: { type: csv, filepath: s3://raw/days.csv, credentials: dev_s3 }\nweb: { type: json, filepath: https://data.example.org/a.json }\n',
    'base/pipewright.yml': `
store: { url: s3://pipewright/store, credentials: dev_s3 }
network: { allow: [10.0.0.0/8, 'data.internal:8080'], maxBytes: 10MB }
inputs: { allow: [/mnt/incoming, { filepath: s3://raw/incoming, credentials: dev_s3 }] }
`,
  })
  expect(catalog['days']).toMatchObject({ filepath: 's3://raw/days.csv', credentials: 'dev_s3' })
  expect(pipewright).toMatchObject({
    store: { url: 's3://pipewright/store', credentials: 'dev_s3' },
    network: { allow: ['10.0.0.0/8', 'data.internal:8080'], maxBytes: 10_000_000 },
    inputs: {
      allow: [
        { filepath: '/mnt/incoming' },
        { filepath: 's3://raw/incoming', credentials: 'dev_s3' },
      ],
    },
  })
})

test.each([
  ['base/pipewright.yml', "network: { allow: ['http://a'] }", 'network.allow'],
  ['base/catalog.yml', 'a: { type: json, filepath: ftp://host/a.json }', 'no storage'],
  ['base/catalog.yml', 'a: { type: json, filepath: s3://k:s3cr3t@b/a.json }', 'bucket'],
])('a place that cannot be is told with its line: %s %s', async (name, text, told) => {
  await expect(load({ [name]: `${text}\n` })).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringMatching(new RegExp(`conf/${name}:1:\\d+: .*${told}`)),
  })
})
