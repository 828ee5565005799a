import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

import { PipewrightError } from '@pipewright/engine'
import { allowInput, LocalStorage, runFolder, storePath } from '@pipewright/engine/internal'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

/** What people, and those who mean harm, put into paths. */
const parts = [
  '..',
  '.',
  '',
  ' ',
  '~',
  '-rf',
  'a',
  'days.csv',
  'a b',
  'данные',
  '__proto__',
  'CON',
  'a:b',
  '%2e%2e',
  '%2E%2E%2F',
  '..%2f',
  '..%5c',
  '%00',
  '%252e%252e',
  '..;',
  '...',
  '....//',
  '．．',
  '\0',
  '..\0',
  '\\',
  '..\\',
  '\\..\\..',
  '\u2215..',
  '\u2024\u2024',
  '\u202e',
  '\r\n',
  '\u0007',
  'link',
  'up',
  'loop',
  'dangling',
  'outside',
  'secret',
  'etc/passwd',
  'conf',
  '.git',
  '.env',
  'C:',
  'C:\\Windows',
  '//server/share',
  'file:',
  'file://',
  's3:',
  '~root',
  '$HOME',
  '`id`',
]
const path = fc
  .tuple(
    fc.constantFrom('', '/', '//', './', 'file://'),
    fc.constantFrom('/', '/', '/', '\\', '//'),
    fc.array(
      fc.oneof(
        { weight: 9, arbitrary: fc.constantFrom(...parts) },
        fc.string({ unit: 'binary', maxLength: 20 }),
      ),
      { minLength: 1, maxLength: 6 },
    ),
  )
  .map(([start, between, chosen]) => start + chosen.join(between))

let folder = ''
let root = ''

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'pipewright-paths-')))
  root = join(folder, 'root')
  await mkdir(join(root, 'a'), { recursive: true })
  await mkdir(join(root, 'conf'))
  await mkdir(join(folder, 'outside'))
  for (const place of [
    'secret',
    'outside/secret',
    'outside/days.csv',
    'days.csv',
    'root/conf/secret',
  ])
    await writeFile(join(folder, place), 'OUTSIDE')
  await symlink('..', join(root, 'up'))
  await symlink(join(folder, 'outside'), join(root, 'link'))
  await symlink(join(folder, 'outside'), join(root, 'a', 'link'))
  await symlink('loop', join(root, 'loop'))
  await symlink(join(folder, 'new'), join(root, 'dangling'))
  await symlink(join(folder, 'secret'), join(root, 'secret'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** What lies beside the root, with its content. */
async function outside(): Promise<unknown> {
  const names = (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((name) => !name.startsWith(root + sep))
    .toSorted()
  return Promise.all(names.map(async (name) => [name, await readFile(name, 'utf8')]))
}

/** What came of it: text that was read, `nothing`, or the code of an error of ours. */
async function outcome(work: () => Promise<unknown>): Promise<string> {
  try {
    const result = await work()
    return result instanceof Uint8Array ? Buffer.from(result).toString() : 'nothing'
  } catch (error) {
    return error instanceof PipewrightError ? error.code : String(error)
  }
}

/** Names that no file can have are an error of the file system. */
const harmless = new Set(['nothing', 'ours', 'STORAGE_PATH_REFUSED', 'STORAGE_FAILED'])

function refusal(given: string): string | undefined {
  try {
    allowInput('batch', given, root, [])
    return undefined
  } catch (error) {
    return error instanceof PipewrightError ? error.code : String(error)
  }
}

/** Whether a path leads out of the root, into its settings, or by one of its links. */
function leadsAway(given: string): boolean {
  // No other scheme is allowed here.
  const target = /^file:\/\//i.test(given) ? fileURLToPath(given) : resolve(root, given)
  const way = relative(root, target)
  const isClosed = /^conf(\/|$)|(^|\/)\.|^(a\/)?link(\/|$)|^(up|secret|dangling)(\/|$)/.test(way)
  return isClosed || way.split(sep).includes('..')
}

// Properties are booleans: a path that breaks one is shown, and ten thousand assertions would take longer than the claims.
describe('of 10,000 paths', () => {
  it('none reads what lies outside of a storage', async () => {
    const storage = new LocalStorage(root)
    const property = fc.asyncProperty(path, async (given) =>
      harmless.has(await outcome(async () => storage.read(given))),
    )
    await expect(fc.assert(property, { numRuns: 10_000 })).resolves.toBeUndefined()
  })

  it('none is an input of a run that lies outside of the project, or in its settings', () => {
    const refusals = new Set<string | undefined>(['RUN_INPUT_REFUSED', 'STORAGE_ADDRESS_INVALID'])
    const property = fc.property(path, (given) => {
      const code = refusal(given)
      return code === undefined ? !leadsAway(given) : refusals.has(code)
    })
    expect(() => fc.assert(property, { numRuns: 10_000 })).not.toThrow()
  })

  it('none makes a place in the store that is not in the folder of its run', () => {
    const plain = /^(?!\.)[A-Za-z0-9_.%~@!*()'-]{0,255}$/
    const property = fc.property(path, path, path, (run, node, dataset) => {
      const made = storePath({ runId: run, node, attempt: 1, start: 'a1b2c3' }, dataset, '.json')
      const [runs, id = '', file = '', ...more] = made.split('/')
      const isThere = runs === 'runs' && `runs/${id}` === runFolder(run) && more.length === 0
      return isThere && plain.test(id) && plain.test(file)
    })
    expect(() => fc.assert(property, { numRuns: 10_000 })).not.toThrow()
  })
})

describe('of 500 paths', () => {
  it('none writes to or removes what lies outside of a storage', async () => {
    const storage = new LocalStorage(root)
    const before = await outside()
    const property = fc.asyncProperty(path, async (given) => {
      const outcomes = [
        await outcome(async () => storage.write(given, Buffer.from('ours'))),
        await outcome(async () => storage.list(given)),
        await outcome(async () => storage.remove(given)),
        await outcome(async () => storage.removeFolder(given)),
      ]
      return outcomes.every((each) => harmless.has(each))
    })
    await expect(fc.assert(property, { numRuns: 500 })).resolves.toBeUndefined()
    expect(await outside()).toEqual(before)
  })
})
