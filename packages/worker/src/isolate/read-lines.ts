import { StringDecoder } from 'node:string_decoder'

import { LineLimit } from './line-limit.ts'

/** Of a longer line only the beginning is kept. */
export const longestLine = 8192

/**
 * Hands over each line of a stream, up to a limit of lines in a second. Neither a line that never ends nor lines without end
 * take more memory than others.
 */
export function readLines(stream: NodeJS.ReadableStream, onLine: (line: string) => void): void {
  const lines = new LineReader(onLine)
  const decoder = new StringDecoder('utf8')
  stream.on('data', (chunk: Buffer | string) =>
    lines.push(typeof chunk === 'string' ? chunk : decoder.write(chunk)),
  )
  stream.on('end', () => lines.end())
}

class LineReader {
  readonly #onLine: (line: string) => void
  readonly #limit = new LineLimit()
  #line = ''
  /** True while there is a part of a line that was admitted. */
  #open = false
  /** True while a line is left out. */
  #skipping = false

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine
  }

  push(text: string): void {
    for (let from = 0; from < text.length;) {
      const end = text.indexOf('\n', from)
      const to = end < 0 ? text.length : end
      if (!this.#open && !this.#skipping) this.#begin()
      if (this.#open && this.#line.length < longestLine) {
        this.#line += text.slice(from, Math.min(to, from + longestLine - this.#line.length))
      }
      if (end >= 0) this.#finish()
      from = to + 1
    }
  }

  end(): void {
    if (this.#open) this.#finish()
    const notice = this.#limit.takeNotice()
    if (notice !== undefined) this.#onLine(notice)
  }

  #begin(): void {
    this.#open = this.#limit.admit()
    this.#skipping = !this.#open
    const notice = this.#open ? this.#limit.takeNotice() : undefined
    if (notice !== undefined) this.#onLine(notice)
  }

  #finish(): void {
    const line = this.#line
    if (this.#open) this.#onLine(line.endsWith('\r') ? line.slice(0, -1) : line)
    this.#line = ''
    this.#open = false
    this.#skipping = false
  }
}
