import type { RunEvent } from '@pipewright/engine/client'
import { expect, test } from 'vitest'

import { eventFrames } from './event-frames.ts'

const ended: RunEvent = {
  type: 'run_finished',
  run: '01',
  status: 'succeeded',
  at: 7,
  cursor: '9-0/0/end',
}

test('an event is a frame, and silence a sign of life', async () => {
  const told = Promise.withResolvers<void>()
  async function* events(): AsyncGenerator<RunEvent, void, undefined> {
    await told.promise
    yield ended
  }
  const frames: string[] = []
  for await (const frame of eventFrames(events(), 1)) {
    frames.push(frame)
    if (frames.length === 3) told.resolve()
  }
  expect(frames.slice(0, 3)).toEqual(['retry: 1000\n\n', ':\n\n', ':\n\n'])
  expect(frames.at(-1)).toBe(
    'id: 9-0/0/end\nevent: run_finished\ndata: {"type":"run_finished","run":"01","status":"succeeded","at":7}\n\n',
  )
})

test('events that nobody reads any more are ended', async () => {
  let isEnded = false
  async function* events(): AsyncGenerator<RunEvent, void, undefined> {
    try {
      for (;;) yield ended
    } finally {
      isEnded = true
    }
  }
  const frames = eventFrames(events())
  await frames.next()
  await frames.next()
  await frames.return()
  expect(isEnded).toBe(true)
})
