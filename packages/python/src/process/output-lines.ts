import { StringDecoder } from 'node:string_decoder'

/** Of a longer line only the beginning is kept. */
const longestLine = 8192
/** Lines that one stream may print in a second: a function that prints without end must not fill its worker. */
const mostLines = 2000

/** Takes the printed output of a Python process apart into lines, and sees the marks that end the output of a call. */
export class OutputLines {
  readonly #decoder = new StringDecoder('utf8')
  readonly #onLine: (line: string) => void
  #line = ''
  #second = -1
  #admitted = 0
  #leftOut = 0
  #mark: string | undefined
  #marked: (() => void) | undefined

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine
  }

  /** Resolves when this mark has been printed: everything before it has been handed over then. */
  until(mark: string): Promise<void> {
    this.#mark = `\0${mark}`
    return new Promise((resolve) => {
      this.#marked = resolve
    })
  }

  push(chunk: Buffer): void {
    const text = this.#decoder.write(chunk)
    for (let from = 0; from < text.length;) {
      const end = text.indexOf('\n', from)
      const to = end < 0 ? text.length : end
      const room = longestLine - this.#line.length
      this.#line += text.slice(from, Math.min(to, from + room))
      if (end >= 0) this.#finish(this.#isMark(to - from > room ? text.slice(from, to) : this.#line))
      from = to + 1
    }
  }

  /** Hands over what has no end of line yet. */
  end(): void {
    if (this.#line !== '') this.#finish(false)
    this.#tellLeftOut()
  }

  /** A mark may follow a line that has no end of its own. */
  #isMark(line: string): boolean {
    return this.#mark !== undefined && line.endsWith(this.#mark)
  }

  #finish(isMark: boolean): void {
    const line = this.#line
    this.#line = ''
    if (!isMark) return this.#hand(line.endsWith('\r') ? line.slice(0, -1) : line)
    const before = line.replace(this.#mark ?? '', '')
    if (before !== '') this.#hand(before)
    this.#tellLeftOut()
    this.#mark = undefined
    this.#marked?.()
  }

  #hand(line: string): void {
    const second = Math.floor(performance.now() / 1000)
    if (second !== this.#second) {
      this.#tellLeftOut()
      this.#second = second
      this.#admitted = 0
    }
    if (this.#admitted++ < mostLines) this.#onLine(line)
    else this.#leftOut++
  }

  #tellLeftOut(): void {
    const leftOut = this.#leftOut
    this.#leftOut = 0
    if (leftOut === 0) return
    this.#onLine(`${leftOut} lines were left out: more than ${mostLines} were printed in a second.`)
  }
}
