import { longestFrame } from '@pipewright/engine/isolate'
import { expect, test } from 'vitest'

import { batchFrames, BatchReader } from './batch-frames.ts'

test('batches come out as they went in, wherever the pipe cuts them', () => {
  const batches = [['one', { two: [2, new Date(0)] }], ['ä'.repeat(500)], [undefined]]
  const bytes = Buffer.concat(batches.flatMap((batch) => batchFrames(batch)))
  for (let size = 1; size <= bytes.length; size += 1) {
    const reader = new BatchReader()
    const read: unknown[] = []
    for (let at = 0; at < bytes.length; at += size) {
      read.push(...reader.push(bytes.subarray(at, at + size)))
    }
    expect(read).toEqual(batches)
  }
})

test('a batch that is too long for one frame crosses in several', () => {
  const half = 'x'.repeat(longestFrame * 0.6)
  const read = new BatchReader().push(Buffer.concat(batchFrames([half, half])))
  expect(read).toEqual([[half], [half]])
})

test('what is no batch is refused at once', () => {
  expect(() => new BatchReader().push(Buffer.alloc(64, 'x'))).toThrow('A frame of')
  const unreadable = Buffer.from([0, 0, 0, 4, 1, 2, 3, 4])
  expect(() => new BatchReader().push(unreadable)).toThrow(/deserialize/)
})
