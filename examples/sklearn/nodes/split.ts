import { FatalNodeError, node } from '@pipewright/engine'
import * as z from 'zod'

import { digits, testDigits, testImages, trainingDigits, type Digit } from '../datasets.ts'
import { seed } from '../params.ts'

/** Scales the shades to 0 to 1, and puts the same share of each digit into the test. */
export const split = node({
  name: 'split',
  inputs: { digits },
  outputs: { trainingDigits, testDigits, testImages },
  params: { testShare: z.number().gt(0).lt(1).default(0.25), seed },
  run({ digits }, { params }) {
    const scaled = digits.map(({ digit, pixels }) => ({
      digit,
      pixels: pixels.map((shade) => shade / 16),
    }))
    const test = new Set<Digit>()
    for (const images of Map.groupBy(scaled, ({ digit }) => digit).values()) {
      const chosen = shuffled(images, params.seed).slice(0, images.length * params.testShare)
      for (const image of chosen) test.add(image)
    }
    if (test.size === 0) throw new FatalNodeError(`${digits.length} images are too few to split`)
    const testDigits = scaled.filter((image) => test.has(image))
    return {
      trainingDigits: scaled.filter((image) => !test.has(image)),
      testDigits,
      testImages: testDigits.map(({ pixels }) => pixels),
    }
  },
})

/** Fisher and Yates, with a generator of Lehmer: the same order for the same seed, everywhere. */
function shuffled<T>(items: readonly T[], seed: number): readonly T[] {
  const result = [...items]
  let state = (seed % 2147483646) + 1
  for (let at = result.length - 1; at > 0; at--) {
    state = (state * 48271) % 2147483647
    const other = state % (at + 1)
    // Both are places of the list.
    ;[result[at], result[other]] = [result[other] as T, result[at] as T]
  }
  return result
}
