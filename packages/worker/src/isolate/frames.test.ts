import { expect, test } from 'vitest'

import { frame, FrameReader, longestFrame } from './frames.ts'

test('batches come out as they went in, wherever the pipe cuts them', () => {
  const batches = [['one', { two: [2, new Date(0)] }], ['ä'.repeat(500)], [undefined]]
  const bytes = Buffer.concat(batches.flatMap((batch) => frame(batch)))
  for (let size = 1; size <= bytes.length; size += 1) {
    const reader = new FrameReader()
    const read: unknown[] = []
    for (let at = 0; at < bytes.length; at += size) {
      read.push(...reader.push(bytes.subarray(at, at + size)))
    }
    expect(read).toEqual(batches)
  }
})

test('a batch that is too long for one frame crosses in several', () => {
  const half = 'x'.repeat(longestFrame * 0.6)
  const read = new FrameReader().push(Buffer.concat(frame([half, half])))
  expect(read).toEqual([[half], [half]])
})

test('what is no frame is refused at once', () => {
  expect(() => new FrameReader().push(Buffer.alloc(64, 'x'))).toThrow('A frame of')
  const unreadable = Buffer.from([0, 0, 0, 4, 1, 2, 3, 4])
  expect(() => new FrameReader().push(unreadable)).toThrow(/deserialize/)
})
