import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { loadConfig, type Config } from '@pipewright/engine/internal'
import { afterAll, beforeAll, expect, it } from 'vitest'

import { headerProvider } from './header-provider.ts'

let root: string
let base: Config

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'pipewright-headers-'))
  await mkdir(join(root, 'conf', 'local'), { recursive: true })
  await writeFile(
    join(root, 'conf/local/credentials.yml'),
    'own: { key: k1 }\nother: { key: "${oc.env:NOT_SET_HERE}" }\n',
  )
  base = await loadConfig({ root })
  await writeFile(
    join(root, 'headers.ts'),
    `export default (kwargs, context) => () => ({ 'x-all': JSON.stringify([kwargs, context?.env, context?.credentials.own?.key]) })
export const wrong = () => ({ 'x-all': 'a' })
export const number = () => () => ({ 'x-all': 1 })
export const text = 'no function'
`,
  )
})
afterAll(() => rm(root, { recursive: true }))

function configured(
  provider: object,
): Pick<Parameters<typeof headerProvider>[0], 'root' | 'config'> {
  const server = {
    ...base.mlflow.server,
    request_header_provider: { type: null, pass_context: false, init_kwargs: {}, ...provider },
  }
  return { root, config: { ...base, mlflow: { ...base.mlflow, server } } }
}

it('no provider, headers that stay the same, and a module with its arguments', async () => {
  expect(await headerProvider(configured({}))).toBeUndefined()
  const fixed = await headerProvider(configured({ type: 'static', init_kwargs: { 'X-Key': 'k' } }))
  expect(await fixed?.()).toEqual({ 'X-Key': 'k' })
  const module = { type: './headers.ts', init_kwargs: { a: 1 } }
  const own = await headerProvider(configured(module))
  expect(await own?.()).toEqual({ 'x-all': '[{"a":1},null,null]' })
  const told = await headerProvider(configured({ ...module, pass_context: true }))
  expect(await told?.()).toEqual({ 'x-all': '[{"a":1},"local","k1"]' })
})

it.each([
  ['./missing.ts', /Cannot find module/],
  ['./headers.ts#absent', /its export "absent" is no function/],
  ['./headers.ts#text', /its export "text" is no function/],
  ['./headers.ts#wrong', /it returns no function/],
])('%s is refused before anything is sent', async (type, message) => {
  await expect(headerProvider(configured({ type }))).rejects.toMatchObject({
    code: 'HEADER_PROVIDER_INVALID',
    message: expect.stringMatching(message) as unknown,
  })
})

it('a header that is no text is told without its value', async () => {
  const provider = await headerProvider(configured({ type: './headers.ts#number' }))
  await expect((async () => provider?.())()).rejects.toThrow(
    './headers.ts#number gives no text for the header x-all',
  )
})
