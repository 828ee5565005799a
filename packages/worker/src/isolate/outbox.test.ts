import { setImmediate as turn } from 'node:timers/promises'

import { expect, test } from 'vitest'

import type { FromIsolate } from './messages.ts'
import { Outbox } from './outbox.ts'

const result = (id: number): FromIsolate => ({
  type: 'result',
  id,
  result: { type: 'succeeded', outputs: [] },
})

function recording(): { readonly outbox: Outbox; readonly sent: (readonly FromIsolate[])[] } {
  const sent: (readonly FromIsolate[])[] = []
  return { outbox: new Outbox((batch) => void sent.push(batch)), sent }
}

test('results of one turn of the event loop cross together', async () => {
  const { outbox, sent } = recording()
  outbox.push(result(0))
  outbox.push(result(1))
  expect(sent).toEqual([])
  await turn()
  expect(sent).toEqual([[result(0), result(1)]])
})

test('a line or a metric leaves at once, so that a synchronous loop can be followed', () => {
  const { outbox, sent } = recording()
  outbox.push(result(0))
  outbox.log(1, 'info', 'started', {})
  outbox.metric(1, ['loss', 0.5, 0, Date.now()])
  expect(sent.map((batch) => batch.map((message) => message.type))).toEqual([
    ['result', 'log'],
    ['metrics'],
  ])
})

test('many metrics of one attempt share messages, and keep their order', async () => {
  const { outbox, sent } = recording()
  const now = Date.now()
  for (let step = 0; step < 5000; step++) outbox.metric(7, ['loss', step, step, now])
  await turn()
  const steps = sent.flatMap((batch) =>
    batch.flatMap((message) =>
      message.type === 'metrics' ? message.metrics.map(([, , step]) => step) : [],
    ),
  )
  expect(steps).toEqual(Array.from({ length: 5000 }, (_, step) => step))
  expect(sent.length).toBeLessThan(20)
})
