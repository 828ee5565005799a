import { limits } from './limits.ts'

const lineBreak = /^\r?\n$/
const spaces = /^ +$/

/**
 * Watches the tokens of a YAML text for one that goes deeper, or makes the text longer, than the limits allow: before
 * the parser builds a tree for it, or overflows on it. It errs on the side of letting through; the tree is counted too.
 */
export class DepthScan {
  #tokens = 0
  #flow = 0
  /** Compact collections that open on one line: `- - - x`. */
  #onLine = 0
  readonly #indents: number[] = []
  #lineStart = true

  /** What is over its limit with this token; undefined while nothing is. */
  excess(token: string): string | undefined {
    this.#tokens += 1
    if (lineBreak.test(token)) {
      this.#lineStart = true
      this.#onLine = 0
    } else {
      if (this.#lineStart) this.#indent(token)
      if (token === '[' || token === '{') this.#flow += 1
      else if (token === ']' || token === '}') this.#flow -= 1
      else if (token === '-' || token === '?') this.#onLine += 1
    }
    const depth = this.#flow + this.#onLine + this.#indents.length
    // A list in a map may stand at the map's indent and count twice, hence the margin.
    if (depth > 2 * limits.depth) return `more than ${limits.depth} levels of nesting`
    return this.#tokens > limits.tokens ? 'the file holds too much' : undefined
  }

  #indent(token: string): void {
    this.#lineStart = false
    if (this.#flow > 0) return
    const indent = spaces.test(token) ? token.length : 0
    while ((this.#indents.at(-1) ?? -1) >= indent) this.#indents.pop()
    this.#indents.push(indent)
  }
}
