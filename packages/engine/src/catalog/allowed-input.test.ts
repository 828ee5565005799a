import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { allowInput, type AllowedInput } from './allowed-input.ts'

let folder = ''
let root = ''

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'pipewright-inputs-')))
  root = join(folder, 'project')
  await mkdir(join(root, 'data'), { recursive: true })
  await mkdir(join(root, 'conf', 'local'), { recursive: true })
  await mkdir(join(folder, 'incoming'))
  await writeFile(join(folder, 'secret'), 'x')
  await writeFile(join(root, 'conf/local/credentials.yml'), 'a: b')
  await symlink(folder, join(root, 'data', 'up'))
  await symlink(join(folder, 'not-there'), join(root, 'data', 'dangling'))
  await symlink(join(root, 'conf'), join(root, 'data', 'settings'))
  await symlink(join(folder, 'incoming'), join(folder, 'door'))
})
afterAll(() => rm(folder, { recursive: true }))

function allow(filepath: string, ...rules: AllowedInput[]): AllowedInput {
  return allowInput('batch', filepath.replaceAll('FOLDER', folder), root, rules)
}

const refused = expect.objectContaining({ code: 'RUN_INPUT_REFUSED', dataset: 'batch' })

describe('an input of a run', () => {
  test.each(['data/days.csv', 'days.csv', './data/x/../days.csv', 'FOLDER/project/data/days.csv'])(
    'may lie in the project: %s',
    (filepath) => expect(allow(filepath)).toEqual({ filepath: root }),
  )

  test.each([
    '../secret',
    'FOLDER/secret',
    '/etc/passwd',
    'file:///etc/passwd',
    'data/up/secret',
    'data/up/not-there-yet',
    'data/dangling',
    'data/dangling/deeper',
    'conf/local/credentials.yml',
    'data/../conf/base/parameters.yml',
    'data/settings/local/credentials.yml',
    '.pipewright/redis.json',
    'data/.env',
    '.git/config',
    'node_modules/a/b.json',
    'data/a\0b',
    '.',
    '',
    's3://raw/a.csv',
    'https://example.org/a.csv',
    'ftp://example.org/a.csv',
  ])('may not lie at %s', (filepath) => expect(() => allow(filepath)).toThrow(refused))

  test('may lie under what is allowed, also by way of a link', () => {
    const rule = { filepath: join(folder, 'incoming') }
    expect(allow('FOLDER/incoming/a.csv', rule)).toBe(rule)
    expect(allow('FOLDER/door/a.csv', rule)).toBe(rule)
    expect(() => allow('FOLDER/incoming-2/a.csv', rule)).toThrow(refused)
    expect(() => allow('FOLDER/incoming/../secret', rule)).toThrow(refused)
  })

  test('has the credentials of the rule that allows it', () => {
    const rule = { filepath: 's3://raw/incoming/', credentials: 'dev' }
    expect(allow('s3://raw/incoming/2015/a.csv', rule)).toBe(rule)
    expect(allow('s3a://raw/incoming/a.csv', rule)).toBe(rule)
    for (const filepath of [
      's3://raw/incoming-2/a',
      's3://raw/a',
      's3://other/incoming/a',
      'gs://raw/incoming/a',
    ])
      expect(() => allow(filepath, rule)).toThrow(refused)
  })

  test('on the web lies under origin and path of a rule', () => {
    const rule = { filepath: 'https://data.example.org/open' }
    expect(allow('https://data.example.org/open/a.csv?v=2', rule)).toBe(rule)
    for (const filepath of [
      'http://data.example.org/open/a.csv',
      'https://data.example.org/opened/a.csv',
      'https://data.example.org/open/../a.csv',
      'https://data.example.org/open/%2e%2e/a.csv',
      'https://data.example.org/open/..%2fa.csv',
      'https://data.example.org.evil.example/open/a.csv',
    ])
      expect(() => allow(filepath, rule)).toThrow(refused)
  })

  test('is refused without showing what may be a signature', () => {
    expect(() => allow('https://h/a.csv?sig=secret')).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('secret') }),
    )
  })
})
