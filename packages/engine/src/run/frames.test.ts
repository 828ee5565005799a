import { expect, test } from 'vitest'

import { frame, FrameReader, longestFrame } from './frames.ts'

test('messages come out as they went in, wherever the pipe cuts them', () => {
  const messages = ['{"text":"grün 🌧"}', '', 'x'.repeat(300)].map((text) => Buffer.from(text))
  const bytes = Buffer.concat(messages.flatMap((message) => frame(message)))
  for (let size = 1; size <= bytes.length; size += 1) {
    const reader = new FrameReader()
    const read: Buffer[] = []
    for (let at = 0; at < bytes.length; at += size)
      read.push(...reader.push(bytes.subarray(at, at + size)))
    expect(read.map(String)).toEqual(messages.map(String))
  }
})

test('what is too long for a frame is neither sent nor awaited', () => {
  expect(() => frame(Buffer.alloc(longestFrame + 1))).toThrow(RangeError)
  const tooLong = Buffer.alloc(4)
  tooLong.writeUInt32BE(longestFrame + 1)
  expect(() => new FrameReader().push(tooLong)).toThrow('A frame of')
})
