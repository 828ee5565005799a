import { StringDecoder } from 'node:string_decoder'

import { currentAttempt } from './attempt-server.ts'
import type { Outbox } from './outbox.ts'
import { longestLine } from './read-lines.ts'

/** Makes what user code prints (`console.log`, `process.stdout.write`) lines of its attempt's log. */
export function captureOutput(outbox: Outbox): void {
  capture(process.stdout, 'info', outbox)
  capture(process.stderr, 'warn', outbox)
}

function capture(stream: NodeJS.WriteStream, level: 'info' | 'warn', outbox: Outbox): void {
  const decoder = new StringDecoder('utf8')
  const unfinished = new Map<number | undefined, string>()
  const write = (
    chunk: string | Uint8Array,
    encoding?: BufferEncoding | ((error?: Error | null) => void),
    callback?: (error?: Error | null) => void,
  ): boolean => {
    const id = currentAttempt.getStore()
    const text =
      typeof chunk !== 'string'
        ? decoder.write(Buffer.from(chunk))
        : typeof encoding === 'string'
          ? Buffer.from(chunk, encoding).toString('utf8')
          : chunk
    const lines = `${unfinished.get(id) ?? ''}${text}`.split('\n')
    const rest = lines.pop() ?? ''
    // A line without an end is kept for its next part, unless it grows without bound.
    if (rest === '' || rest.length > longestLine) unfinished.delete(id)
    else unfinished.set(id, rest)
    if (rest.length > longestLine) lines.push(rest)
    for (const line of lines) outbox.log(id, level, line.slice(0, longestLine), {})
    const done = typeof encoding === 'function' ? encoding : callback
    if (done !== undefined) process.nextTick(done)
    return true
  }
  stream.write = write
}
