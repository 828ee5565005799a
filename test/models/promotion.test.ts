import {
  compareVersions,
  openRegistry,
  promote,
  rollback,
  startAdapter,
  type Registry,
} from '@pipewright/mlflow-adapter'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { drained, newLedger, type TestLedger } from '../adapter/test-ledger.ts'
import { testProject, type Ended, type TestProject } from '../cli/test-project.ts'
import { mlflow, MLFLOW_TIMEOUT_MS } from '../support/mlflow.ts'
import { packedModel, repacked } from './packed.ts'
import { tellTraining } from './recorded-model.ts'

let uri: string
let ledger: TestLedger
let registry: Registry
let name: string

/** Registers a version for each, with what it was measured to be, and on which data. */
async function register(
  versions: readonly { readonly words: number; readonly data: string; readonly rate?: number }[],
): Promise<void> {
  const packed = await packedModel()
  let tar = packed
  const adapter = await startAdapter({ ...ledger.options, readStore: async () => tar })
  for (const { data, ...options } of versions) {
    const evaluation = { metric: 'train.words', better: 'higher' as const, data: { labels: data } }
    tar = await repacked(packed, { name, evaluation })
    await tellTraining(ledger, tar, options)
    await drained(adapter)
  }
  await adapter.stop()
}

beforeAll(async () => {
  uri = (await mlflow()).uri
  ledger = await newLedger('promotion')
  name = `promoted-${ledger.options.experiment}`
  registry = openRegistry({ uri })
  await register([
    { words: 9, data: 'aa' },
    { words: 8, data: 'aa' },
    { words: 12, data: 'bb' },
    { words: 10, data: 'aa', rate: 2 },
  ])
}, MLFLOW_TIMEOUT_MS)

afterAll(async () => {
  registry.close()
  await ledger.close()
})

describe('a version becomes champion', () => {
  it('when there is none', async () => {
    const { promoted, verdict } = await promote(registry, name, { version: '1' })
    expect({ promoted, reason: verdict.reason }).toEqual({
      promoted: true,
      reason: 'there is no champion yet',
    })
    expect((await registry.version(name, '@champion')).version).toBe('1')
  })

  it.each([
    ['it is not as good', { version: '2' }, 'train.words is 8, the champion’s 9: not better'],
    ['it was measured on other data', { version: '3' }, 'labels is not the same'],
    ['it is not better by the margin', { margin: 2 }, 'not better enough (asked for higher by 2)'],
    ['it has not the metric', { metric: 'evaluate.f1' }, 'its run has no metric evaluate.f1'],
    ['it is champion already', { version: '@champion' }, 'it is the champion already'],
  ])('but not when %s', async (_, options, reason) => {
    const { promoted, verdict } = await promote(registry, name, options)
    expect(promoted).toBe(false)
    expect(verdict.reason).toContain(reason)
    expect((await registry.version(name, 'champion')).version).toBe('1')
  })

  it('when it is better by the margin, and is challenger no longer', async () => {
    const tried = await promote(registry, name, { margin: 1, dryRun: true })
    expect([tried.verdict.passed, tried.promoted]).toEqual([true, false])
    const { promoted, replaced } = await promote(registry, name, { margin: 1 })
    expect([promoted, replaced?.version]).toEqual([true, '1'])
    expect((await registry.version(name, '4')).aliases).toEqual(['champion'])
  })

  it('again, when the one that replaced it is rolled back', async () => {
    const { from, to } = await rollback(registry, name)
    expect([from?.version, to.version]).toEqual(['4', '1'])
    await expect(rollback(registry, name)).rejects.toThrow('replaced no other')
  })

  it('by force, whatever was measured', async () => {
    const { promoted, verdict } = await promote(registry, name, { version: '3', force: true })
    expect([promoted, verdict.passed]).toEqual([true, false])
    expect((await rollback(registry, name)).to.version).toBe('1')
  })
})

it('two versions are compared by metrics, params, data and code', async () => {
  const { metrics, params, dataProblem, sameCode } = await compareVersions(registry, name, '1', '4')
  expect(metrics.find((metric) => metric.name === 'train.words')?.values).toEqual([9, 10])
  expect(params).toEqual([{ name: 'train.rate', values: ['1', '2'] }])
  expect([dataProblem, sameCode]).toEqual([undefined, true])
})

it('a model that is not there is told with the nearest names', async () => {
  await expect(registry.versions(`${name}s`)).rejects.toMatchObject({
    code: 'MODEL_NOT_FOUND',
    hint: expect.stringContaining(name),
  })
})

describe('pipewright models', () => {
  let project: TestProject
  beforeAll(async () => {
    project = await testProject()
  })
  afterAll(() => project.dispose())
  const models = (...args: readonly string[]): Promise<Ended> =>
    project.start(['models', ...args], { MLFLOW_TRACKING_URI: uri }).ended

  it('lists and compares, and exits with 1 when the gate is closed', async () => {
    const listed = await models('list', name)
    expect(listed.stdout).toMatch(/^4 +\S+ \S+ +train\.words=10 /m)
    expect(listed.stdout).toMatch(/^1 +@champion +\S+ \S+ +train\.words=9 /m)
    const refused = await models('promote', name, '2')
    expect([refused.exitCode, refused.stdout]).toEqual([
      1,
      'refused: train.words is 8, the champion’s 9: not better enough (asked for higher by 0)\n',
    ])
    const compared = await models('compare', name, '1', '4')
    expect(compared.stdout).toContain('measured on the same data\nthe same inference code\n')
    expect(compared.stdout).toMatch(/^train\.words +9 +10 +\+1$/m)
  })
})
