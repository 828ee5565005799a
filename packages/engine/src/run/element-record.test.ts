import { expect, it } from 'vitest'

import {
  decodeElementRecord,
  elementRecordOf,
  elementReference,
  encodeElementRecord,
  type ElementRecord,
} from './element-record.ts'

const small: ElementRecord = {
  status: 'succeeded',
  attempt: 1,
  startedAt: 1_764_000_000_000,
  duration: 12,
  outputs: [{ format: 'json', inline: '{"score":0.25}' }],
}

it('of a small result takes less than 64 bytes', () => {
  expect(Buffer.byteLength(encodeElementRecord(small))).toBeLessThan(64)
})

it.each<ElementRecord>([
  small,
  { ...small, status: 'reused', attempt: 3 },
  {
    ...small,
    status: 'failed',
    outputs: [],
    error: { code: 'TypeError', message: 'is "no" number' },
  },
  { ...small, metrics: { loss: 0.5, accuracy: 'NaN' } },
  {
    ...small,
    outputs: [
      { format: 'text', extension: '.svg', inline: '<svg/>' },
      {
        format: 'csv',
        settings: { separator: ';' },
        uri: 'runs/a/b',
        bytes: 9,
        sha256: 'ab'.repeat(32),
      },
    ],
  },
])('is read as it was written: %o', (record) => {
  expect(decodeElementRecord(record.status, encodeElementRecord(record))).toEqual(record)
})

it('keeps the beginning of an error, never half a character', () => {
  const message = `${'x'.repeat(198)}😀 and so on`
  const record: ElementRecord = { ...small, status: 'failed', error: { code: 'E', message } }
  expect(decodeElementRecord(record.status, encodeElementRecord(record)).error?.message).toBe(
    `${'x'.repeat(198)}…`,
  )
})

it('is made of what is told of an ended element', () => {
  const reference = { dataset: 'score[3]', format: 'json', bytes: 3, sha256: 'aa', inline: '0.5' }
  const record = elementRecordOf(
    {
      type: 'node_finished',
      run: 'r',
      node: 'score[3]',
      index: 2,
      attempt: 2,
      status: 'succeeded',
      startedAt: 100,
      endedAt: 150,
      worker: 'w',
      metrics: [],
      outputs: [reference],
      finalMetrics: { loss: 0.5 },
    },
    [reference],
  )
  expect(record).toEqual({
    status: 'succeeded',
    attempt: 2,
    startedAt: 100,
    duration: 50,
    outputs: [{ format: 'json', inline: '0.5' }],
    metrics: { loss: 0.5 },
  })
})

it('gives references by which outputs are loaded', () => {
  expect(elementReference({ format: 'json', inline: '"é"' }, 'score[3]')).toMatchObject({
    dataset: 'score[3]',
    inline: '"é"',
    bytes: 4,
  })
})

it('of an element that was never started is empty', () => {
  expect(decodeElementRecord('cancelled', '')).toEqual({
    status: 'cancelled',
    attempt: 0,
    startedAt: 0,
    duration: 0,
    outputs: [],
  })
})

it('of an element that was lost with its workers tells so', () => {
  const value = '{"attempts":3,"endedAt":500,"error":{"code":"NODE_LOST","message":"Lost."}}'
  expect(decodeElementRecord('failed', value)).toEqual({
    status: 'failed',
    attempt: 3,
    startedAt: 500,
    duration: 0,
    outputs: [],
    error: { code: 'NODE_LOST', message: 'Lost.' },
  })
})

it.each(['{}', '[]', '["x",1,2,[]]', 'x'])('refuses what is no record: %s', (text) => {
  expect(() => decodeElementRecord('succeeded', text)).toThrow(/./)
})
