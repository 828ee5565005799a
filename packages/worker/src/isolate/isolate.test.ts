import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { NodeTimeoutError } from '@pipewright/engine'
import { afterAll, describe, expect, test } from 'vitest'

import { daysReference, setup, start } from './fixture/attempts.ts'
import { openIsolates } from './isolates.ts'

const isolates = openIsolates(setup, { threads: 2, processes: 2 })
afterAll(() => isolates.close())

describe.each(['inline', 'thread', 'process'] as const)('%s', (isolation) => {
  const isolate = isolates.of(isolation)

  test('an attempt loads its inputs, reports, and its outputs are references', async () => {
    const before = Date.now()
    const attempt = start(isolate, 'works', {
      params: { 'fit.factor': 2 },
      inputs: { days: daysReference },
    })
    expect(await attempt.result).toEqual({
      type: 'succeeded',
      outputs: [expect.objectContaining({ dataset: 'model', inline: '{"weights":[9.4,9]}' })],
    })
    expect(attempt.logs).toEqual([['info', 'fitted']])
    expect(attempt.fields).toEqual([{ rows: 2 }])
    expect(attempt.metrics.map(([key, value, step]) => [key, value, step])).toEqual([
      ['wind', 4.7, 0],
      ['wind', 4.5, 1],
    ])
    for (const [, , , at] of attempt.metrics) {
      expect(at).toBeGreaterThanOrEqual(before)
      expect(at).toBeLessThanOrEqual(Date.now())
    }
  })

  test('an attempt that asks for it tells when it begins, once and before all else', async () => {
    const announced = start(isolate, 'works', { announce: true, inputs: { days: daysReference } })
    const silent = start(isolate, 'works', { inputs: { days: daysReference } })
    await Promise.all([announced.result, silent.result])
    expect(announced.begun).toEqual([0])
    expect(announced.logs).toHaveLength(1)
    expect(silent.begun).toEqual([])
  })

  test('a thrown error is a retryable failure with its cause and stack', async () => {
    const result = await start(isolate, 'fails').result
    expect(result).toMatchObject({
      type: 'failed',
      retryable: true,
      failure: { code: 'TypeError', message: 'no such column Caused by: read of line 7' },
    })
    expect(result.type === 'failed' && result.failure.stack).toContain('pipewright.config.ts')
  })

  test('a fatal error is not retryable', async () => {
    expect(await start(isolate, 'fatal').result).toMatchObject({
      type: 'failed',
      retryable: false,
      failure: { code: 'FATAL_NODE_ERROR' },
    })
  })

  test('an abort reaches the signal, and its reason is the failure', async () => {
    const attempt = start(isolate, 'heedful')
    await attempt.logged('started')
    attempt.abort(new NodeTimeoutError('It took too long.', { hint: 'Be quick.' }))
    expect(await attempt.result).toMatchObject({
      type: 'failed',
      retryable: true,
      failure: { code: 'NODE_TIMEOUT', message: 'It took too long.', hint: 'Be quick.' },
    })
  })

  test('an attempt that ignores its signal fails when it is terminated', async () => {
    const attempt = start(isolate, 'heedless')
    await attempt.logged('started')
    attempt.abort(new NodeTimeoutError('It took too long.'))
    await attempt.terminate(new NodeTimeoutError('It took too long.'))
    expect(await attempt.result).toMatchObject({
      type: 'failed',
      failure: { code: 'NODE_TIMEOUT' },
    })
    expect(await start(isolate, 'prints').result).toMatchObject({ type: 'succeeded' })
  })

  test('a node that the code lacks is a retryable failure with the nearest name', async () => {
    expect(await start(isolate, 'works', { node: 'fitt' }).result).toMatchObject({
      type: 'failed',
      retryable: true,
      failure: {
        code: 'NODE_UNKNOWN',
        message: 'This worker\'s code has no node "fitt" in pipeline "works".',
        hint: expect.stringContaining('Did you mean "fit"?'),
      },
    })
    expect(await start(isolate, 'wroks').result).toMatchObject({
      failure: { code: 'NODE_UNKNOWN', hint: expect.stringContaining('Did you mean "works"?') },
    })
  })

  test('an output that its schema refuses names the node, the dataset and the place in the value', async () => {
    const result = await start(isolate, 'odd').result
    expect(result).toMatchObject({
      type: 'failed',
      retryable: false,
      failure: { code: 'DATASET_INVALID' },
    })
    expect(result.type === 'failed' && result.failure.message).toMatch(
      /^Node "misshapen": Dataset 'model' cannot be saved: at \/weights\/2: /,
    )
  })

  test('attempts of one node at a time do not mix their outputs, logs and metrics', async () => {
    const words = ['a', 'bb', 'ccc', 'dddd']
    const attempts = words.map((word, index) =>
      start(isolate, 'echoes', {
        attempt: index + 1,
        params: { 'echoes.word': word, 'echoes.ms': 20 - index * 5 },
      }),
    )
    for (const [index, attempt] of attempts.entries()) {
      const word = words[index] ?? ''
      expect(await attempt.result).toMatchObject({
        type: 'succeeded',
        outputs: [{ dataset: 'text', bytes: word.length * 1000 + 2 }],
      })
      expect(attempt.metrics.map((metric) => metric[1])).toEqual([word.length])
      expect(new Set(attempt.logs.map(([, message]) => message))).toEqual(new Set([word]))
    }
  })

  test('what cannot cross as it is, is logged in words', async () => {
    const attempt = start(isolate, 'logs-oddly')
    expect(await attempt.result).toMatchObject({ type: 'succeeded' })
    expect(attempt.logs).toEqual([['warn', 'odd']])
  })
})

describe.each(['thread', 'process'] as const)('%s', (isolation) => {
  const isolate = isolates.of(isolation)

  test('what an attempt prints are lines of its log', async () => {
    const attempt = start(isolate, 'prints')
    await attempt.result
    expect(attempt.logs).toEqual([
      ['info', 'printed one'],
      ['warn', 'a warning'],
    ])
  })

  test('process.exit in a node is named, and the next attempt runs', async () => {
    expect(await start(isolate, 'exits').result).toMatchObject({
      type: 'failed',
      retryable: true,
      failure: {
        code: 'ISOLATE_CRASHED',
        message: `The ${isolation} ended itself with exit code 3, while it ran node "exits".`,
      },
    })
    expect(await start(isolate, 'prints').result).toMatchObject({ type: 'succeeded' })
  })

  test.each([
    ['rejects', 'a rejection that nothing caught: RangeError: nobody awaited this'],
    ['throws-late', 'an exception that nothing caught: RangeError: thrown by a timer'],
  ])('%s: what nothing catches is named with its stack', async (pipeline, cause) => {
    const result = await start(isolate, pipeline).result
    expect(result).toMatchObject({
      type: 'failed',
      retryable: true,
      failure: {
        code: 'ISOLATE_CRASHED',
        message: `The ${isolation} ended because of ${cause}, while it ran node "${pipeline}".`,
      },
    })
    expect(result.type === 'failed' && result.failure.stack).toContain('pipewright.config.ts')
  })

  test('a synchronous loop still reports while it runs, and holds up no one else', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'pipewright-loop-')), 'end')
    const loop = start(isolate, 'loops', { params: { 'loops.until': file } })
    await loop.logged('started')
    const words = ['one', 'two', 'three', 'four', 'five', 'six']
    const others = words.map((word) =>
      start(isolate, 'echoes', { params: { 'echoes.word': word, 'echoes.ms': 1 } }),
    )
    for (const other of others) expect(await other.result).toMatchObject({ type: 'succeeded' })
    expect(loop.metrics.length).toBeGreaterThan(0)
    writeFileSync(file, '')
    expect(await loop.result).toMatchObject({ type: 'succeeded' })
  })
})
