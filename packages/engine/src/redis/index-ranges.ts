/** Ranges that the text of a set names at most: a cursor travels in a header of HTTP. */
const most = 64

/** A set of whole numbers that is mostly runs of neighbours, with a short text: `0-41,43`. */
export class IndexRanges {
  /** First and last of each range, ascending, with a gap between two. */
  readonly #ranges: [first: number, last: number][] = []
  #size = 0

  /** Undefined for what is no such text. */
  static parse(text: string): IndexRanges | undefined {
    const ranges = new IndexRanges()
    for (const part of text === '' ? [] : text.split(',')) {
      const [, from, to = from] = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(part) ?? []
      const [first, last] = [Number(from), Number(to)]
      const before = ranges.#ranges.at(-1)?.[1] ?? -2
      if (!(first > before + 1 && last >= first)) return undefined
      ranges.#ranges.push([first, last])
      ranges.#size += last - first + 1
    }
    return ranges
  }

  get size(): number {
    return this.#size
  }

  has(index: number): boolean {
    const range = this.#ranges[this.#place(index)]
    return range !== undefined && range[0] <= index
  }

  add(index: number): void {
    const at = this.#place(index)
    const [before, next] = [this.#ranges[at - 1], this.#ranges[at]]
    if (next !== undefined && next[0] <= index) return
    this.#size += 1
    const touchesNext = next?.[0] === index + 1
    if (before?.[1] === index - 1) {
      before[1] = touchesNext ? next[1] : index
      if (touchesNext) this.#ranges.splice(at, 1)
    } else if (touchesNext) next[0] = index
    else this.#ranges.splice(at, 0, [index, index])
  }

  /** Of very many ranges it leaves the last ones out. */
  toString(): string {
    return this.#ranges
      .slice(0, most)
      .map(([first, last]) => (first === last ? String(first) : `${first}-${last}`))
      .join(',')
  }

  /** Where the first range is that does not end before the index. */
  #place(index: number): number {
    let [low, high] = [0, this.#ranges.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#ranges[middle]?.[1] ?? 0) < index) low = middle + 1
      else high = middle
    }
    return low
  }
}
