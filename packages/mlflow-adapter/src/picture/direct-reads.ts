import type { Box } from '../note/boxes.ts'

/**
 * The arrows that a picture needs, by box: from each box to those that follow it directly. One that is also reached by way of
 * others is left out, since it says nothing new about the order and crosses much of the picture.
 */
export function directReads(boxes: readonly Box[]): readonly (readonly number[])[] {
  const before: Set<number>[] = []
  return boxes.map(({ reads }, place) => {
    const from = [...reads.keys()]
    const all = new Set(from)
    for (const one of from) for (const earlier of before[one] ?? []) all.add(earlier)
    before[place] = all
    return from.filter((one) => !from.some((other) => other !== one && before[other]?.has(one)))
  })
}
