import { runPipeline } from '@pipewright/engine/testing'
import { expect, test } from 'vitest'

import { report } from './datasets.ts'
import { daily } from './pipelines/daily.ts'
import { isSigned, signatureOf } from './service/signature.ts'

test('a day is reported without what no gauge can have measured', async () => {
  const params = { summarise: { station: 'north', day: '2026-11-23' }, measured: [2, 4, -1, 900] }
  const run = await runPipeline(daily, { params })
  expect(run.output(report)).toEqual({
    station: 'north',
    day: '2026-11-23',
    readings: 2,
    refused: 2,
    mean: 3,
    gust: 4,
  })
})

test('a signature is that of one body and one secret', () => {
  const body = Buffer.from('{"id":"d-1"}')
  const signature = signatureOf(body, 'secret')
  expect(isSigned(body, signature, 'secret')).toBe(true)
  expect(isSigned(Buffer.from('{"id":"d-2"}'), signature, 'secret')).toBe(false)
  expect(isSigned(body, signature, 'another')).toBe(false)
  for (const header of [undefined, '', 'sha256=', [signature]])
    expect(isSigned(body, header, 'secret')).toBe(false)
})
