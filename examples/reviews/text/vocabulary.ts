import * as z from 'zod'

/** The words that the classifier knows; a word's term is its place. */
export const Vocabulary = z.array(
  z.object({
    word: z.string(),
    /** The rarer a word, the more it says: the natural logarithm of texts per text that has it. */
    rarity: z.number().nonnegative(),
  }),
)
export type Vocabulary = z.infer<typeof Vocabulary>

/** The words of the most texts, at most `size`, each in at least two: a word of one text tells nothing about others. */
export function makeVocabulary(texts: readonly (readonly string[])[], size: number): Vocabulary {
  const counts = new Map<string, number>()
  for (const words of texts) {
    for (const word of new Set(words)) counts.set(word, (counts.get(word) ?? 0) + 1)
  }
  return (
    [...counts]
      .filter(([, count]) => count > 1)
      // Words of one frequency in the order of the alphabet: the same corpus gives the same vocabulary.
      .toSorted(([a, inA], [b, inB]) => inB - inA || (a < b ? -1 : 1))
      .slice(0, size)
      .map(([word, count]) => ({ word, rarity: Math.log(texts.length / count) }))
  )
}
