import { describe, expect, test } from 'vitest'

import { confFolder, failure } from './fixture/conf-folder.ts'

const { load } = confFolder()

describe('pipewright.yml', () => {
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

  test.each([
    ['worker:\n  concurrency: 0\n', 'CONFIG_INVALID', ':2:16: at /worker/concurrency', undefined],
    ['worker: {lease: soon}\n', 'CONFIG_INVALID', ':1:17: at /worker/lease', undefined],
    [
      'queues:\n  gpu: {concurency: 1}\n',
      'CONFIG_UNKNOWN_KEY',
      ':2:9: "concurency"',
      '"concurrency"',
    ],
    ['redis: {url: localhost}\n', 'CONFIG_INVALID', ':1:14: at /redis/url', undefined],
    ['redis: {prefix: pw}\n', 'CONFIG_INVALID', ':1:17: at /redis/prefix', undefined],
    ['redis: {durability: sure}\n', 'CONFIG_INVALID', ':1:21: at /redis/durability', undefined],
  ])('%j is refused at its place', async (source, code, message, hint) => {
    await expect(load({ 'base/pipewright.yml': source })).rejects.toEqual(
      failure(code, `conf/base/pipewright.yml${message}`, hint),
    )
  })
})
