import { expect, test } from 'vitest'

import { frame, FrameReader, longestFrame } from './frames.ts'

test('messages come out as they went in, whatever pieces they come in', () => {
  const messages = [{ type: 'a', text: 'grün 🌧' }, { list: [1, 2, 3] }, {}]
  const bytes = Buffer.concat(messages.map(frame))
  for (const size of [1, 3, 7, bytes.length]) {
    const reader = new FrameReader()
    const read: unknown[] = []
    for (let at = 0; at < bytes.length; at += size)
      read.push(...reader.push(bytes.subarray(at, at + size)))
    expect(read).toEqual(messages)
  }
})

test('what can be no frame is refused', () => {
  const tooLong = Buffer.alloc(4)
  tooLong.writeUInt32BE(longestFrame + 1)
  expect(() => new FrameReader().push(tooLong)).toThrow('a frame of')
  expect(() => new FrameReader().push(Buffer.from([0, 0, 0, 2, 123, 123]))).toThrow(SyntaxError)
  expect(() => frame({ text: 'x'.repeat(longestFrame) })).toThrow(RangeError)
})
