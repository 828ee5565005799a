import { PassThrough } from 'node:stream'

import { expect, test } from 'vitest'

import { mostLines } from './line-limit.ts'
import { longestLine, readLines } from './read-lines.ts'

function linesOf(...pieces: readonly string[]): readonly string[] {
  const stream = new PassThrough()
  const lines: string[] = []
  readLines(stream, (line) => lines.push(line))
  for (const piece of pieces) stream.emit('data', Buffer.from(piece, 'latin1'))
  stream.emit('end')
  return lines
}

test('lines are put together from pieces, and the last one needs no end', () => {
  expect(linesOf('one\ntw', 'o\r\n\nthr', 'ee')).toEqual(['one', 'two', '', 'three'])
})

test('a letter that comes in two pieces is one letter', () => {
  expect(linesOf('\xc3', '\xa4\n')).toEqual(['ä'])
})

test('of a line without an end only the beginning is kept', () => {
  const pieces = Array.from({ length: 100 }, () => 'x'.repeat(1000))
  expect(linesOf(...pieces, '\nnext\n')).toEqual(['x'.repeat(longestLine), 'next'])
})

test('of more lines than a second may have the rest is counted', () => {
  const lines = linesOf('x\n'.repeat(3 * mostLines), 'y'.repeat(10))
  const notices = lines.filter((line) => line.includes('left out'))
  const leftOut = notices.reduce((sum, notice) => sum + Number.parseInt(notice, 10), 0)
  expect(leftOut).toBeGreaterThan(0)
  expect(lines.length - notices.length + leftOut).toBe(3 * mostLines + 1)
})
