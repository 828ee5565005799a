import type { Terms } from '../classifier/example.ts'
import type { Vocabulary } from './vocabulary.ts'

/**
 * Makes the function that turns a text's words into weights of terms (tf-idf): more for a word that the text repeats and
 * that other texts lack, and the same length for every text. Words out of the vocabulary count for nothing.
 */
export function wordWeigher(vocabulary: Vocabulary): (words: readonly string[]) => Terms {
  const places = new Map(vocabulary.map(({ word }, term) => [word, term]))
  return (words) => {
    const counts = new Map<number, number>()
    for (const word of words) {
      const term = places.get(word)
      if (term !== undefined) counts.set(term, (counts.get(term) ?? 0) + 1)
    }
    const weights = [...counts].map(([term, count]) => ({
      term,
      weight: (1 + Math.log(count)) * (vocabulary[term]?.rarity ?? 0),
    }))
    const length = Math.hypot(...weights.map(({ weight }) => weight))
    // A text of words that all texts have weighs nothing; dividing by 1 leaves it so.
    return weights.map(({ term, weight }) => ({ term, weight: weight / (length || 1) }))
  }
}
