import { randomUUID } from 'node:crypto'
import { readFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { unpackModel } from '@pipewright/engine/model'
import {
  openRegistrySource,
  parseModelUri,
  serveModel,
  type ModelServer,
  type ModelSource,
  type ServingSettingsInput,
} from '@pipewright/serving'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'

import { mlflow, MLFLOW_TIMEOUT_MS } from '../support/mlflow.ts'
import { offers, packedPrices } from './packed-prices.ts'
import { RegisteredModel } from './registered.ts'

const rows = offers(3)
let folder: string
/** A model, and one that is loaded and then fails on every row but those of its example. */
let good: string
let bad: string
let source: ModelSource
let uri: string
let model: RegisteredModel
let server: ModelServer | undefined

beforeAll(async () => {
  ;({ uri } = await mlflow())
  folder = await mkdtemp(join(tmpdir(), 'pipewright-registry-'))
  good = join(folder, 'good')
  bad = join(folder, 'bad')
  const tar = await packedPrices()
  await unpackModel(tar, good)
  await unpackModel(tar, bad)
  await breakArtifacts(bad)
  source = openRegistrySource({ uri, cache: join(folder, 'cache') })
  model = await RegisteredModel.create(uri, `prices-${randomUUID()}`)
}, MLFLOW_TIMEOUT_MS)
afterEach(async () => {
  await server?.close()
  server = undefined
})
afterAll(async () => {
  source.close()
  await rm(folder, { recursive: true, force: true })
})

/** Its code is that of a model which cannot predict. The example goes, for it would not come into service with it. */
async function breakArtifacts(path: string): Promise<void> {
  const code =
    "export const open = async (_, manifest) => ({ manifest, close: async () => {}, predict: async () => { throw new Error('no such rate') } })"
  const manifest: object = JSON.parse(await readFile(join(path, 'pipewright.json'), 'utf8'))
  await writeFile(join(path, 'code/model.mjs'), code)
  await writeFile(join(path, 'pipewright.json'), JSON.stringify({ ...manifest, files: {} }))
  await rm(join(path, 'serving_input_example.json'))
}

async function serve(address: string, settings: ServingSettingsInput = {}): Promise<string[]> {
  const logged: string[] = []
  const note = (_: object, message: string): void => void logged.push(message)
  const log = { info: note, warn: note, error: note }
  server = await serveModel({
    model: address,
    source,
    log,
    port: 0,
    threads: 1,
    pollEvery: 100,
    ...settings,
  })
  return logged
}

async function invoke(): Promise<{ readonly status: number; readonly model: string | null }> {
  const answer = await fetch(`${server?.url}/invocations`, {
    method: 'POST',
    body: JSON.stringify({ dataframe_records: rows }),
    headers: { 'content-type': 'application/json' },
  })
  await answer.arrayBuffer()
  return { status: answer.status, model: answer.headers.get('x-pipewright-model') }
}

describe('models of a registry', () => {
  it('are found by version, alias, number, id and run', async () => {
    const { version, id, run } = await model.addVersion(good)
    await model.setAlias('champion', version)
    await model.addArtifact(run, 'models/prices', good)
    const addresses = [
      [`models:/${model.name}@champion`, `${model.name}/${version}`],
      [`models:/${model.name}/${version}`, `${model.name}/${version}`],
      [`models:/${model.name}/latest`, `${model.name}/${version}`],
      [`models:/${id}`, id],
      [`runs:/${run}/models/prices`, `${run}/models/prices`],
    ] as const
    const manifest = await readFile(join(good, 'pipewright.json'), 'utf8')
    for (const [address, served] of addresses) {
      const found = await source.find(parseModelUri(address))
      expect(found.id).toBe(served)
      const fetched = await found.fetch()
      expect(await readFile(join(fetched, 'pipewright.json'), 'utf8')).toBe(manifest)
    }
  })

  it.each([
    'models:/NAME@nobody',
    'models:/NAME/99',
    'models:/nothing/1',
    'models:/m-0c4f',
    'runs:/0c4f/model',
  ])('are told to be missing: %s', async (address) => {
    const uri = parseModelUri(address.replace('NAME', model.name))
    await expect(source.find(uri)).rejects.toMatchObject({
      code: expect.stringMatching(/^MODEL_NOT_FOUND|MLFLOW_REFUSED$/),
    })
  })

  it('are rolled back within 10 s when a challenger is bad, in the registry too', async () => {
    const champion = await model.addVersion(good)
    const challenger = await model.addVersion(bad)
    await model.setAlias('champion', champion.version)
    await model.setAlias('challenger', challenger.version)
    const logged = await serve(`models:/${model.name}@champion`, {
      canaries: [{ alias: 'challenger', share: 0.1 }],
    })
    expect(server?.status()[1]?.model).toBe(`${model.name}/${challenger.version}`)
    const answers: Awaited<ReturnType<typeof invoke>>[] = []
    await vi.waitFor(
      async () => {
        answers.push(await invoke())
        expect(server?.status()[1]?.model).toBeNull()
      },
      { timeout: 10_000, interval: 1 },
    )
    expect(answers.filter(({ status }) => status !== 200)).toEqual([])
    expect(logged.join()).toContain(`Rolled back ${model.name}/${challenger.version}`)
    const removed = async (): Promise<void> =>
      expect(await model.alias('challenger')).toBeUndefined()
    await vi.waitFor(removed, patience)
  })

  it('change with their alias without a dropped request, and back when a metric is bad', async () => {
    const before = await model.addVersion(good)
    const after = await model.addVersion(good)
    await model.setAlias('champion', before.version)
    await serve(`models:/${model.name}@champion`, { bounds: ['mlflow.online_f1<0.8'] })
    const answers: Awaited<ReturnType<typeof invoke>>[] = []
    const serves = (version: typeof before) => async (): Promise<void> => {
      answers.push(await invoke())
      expect(answers.at(-1)?.model).toBe(idOf(version))
    }
    await model.setAlias('champion', after.version)
    await vi.waitFor(serves(after), patience)
    await model.logMetric(after.run, 'online_f1', 0.5)
    await vi.waitFor(serves(before), patience)
    expect(answers.filter(({ status }) => status !== 200)).toEqual([])
    const moved = async (): Promise<void> =>
      expect(await model.alias('champion')).toBe(before.version)
    await vi.waitFor(moved, patience)
  })
})

const patience = { timeout: 20_000, interval: 20 }

function idOf({ version }: { readonly version: string }): string {
  return `${model.name}/${version}`
}
