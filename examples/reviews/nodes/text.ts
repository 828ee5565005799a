import { node } from '@pipewright/engine'

import {
  contentWords,
  features,
  instances,
  lowercase,
  spaced,
  stopwords,
  vocabulary,
  words,
} from '../datasets.ts'
import { wordWeigher } from '../text/weigh-words.ts'

/** These five are in training and in the model: what a text goes through is written once. */
const tags = ['inference']

export const lowercaseText = node({
  name: 'lowercase_text',
  inputs: { instances },
  outputs: { lowercase },
  tags,
  run: ({ instances }) => ({
    lowercase: instances.map(({ text }) => ({ text: text.toLowerCase() })),
  }),
})

export const removePunctuation = node({
  name: 'remove_punctuation',
  inputs: { lowercase },
  outputs: { spaced },
  tags,
  // `fs.readFile()` becomes two words, of which one is the module's name.
  run: ({ lowercase }) => ({
    spaced: lowercase.map(({ text }) => ({
      text: text.replaceAll(/[^\p{L}\p{N}]+/gu, ' ').trim(),
    })),
  }),
})

export const splitWords = node({
  name: 'split_words',
  inputs: { spaced },
  outputs: { words },
  tags,
  run: ({ spaced }) => ({
    words: spaced.map(({ text }) => ({ words: text.split(' ').filter((word) => word !== '') })),
  }),
})

export const removeStopwords = node({
  name: 'remove_stopwords',
  inputs: { words, stopwords },
  outputs: { contentWords },
  tags,
  run({ words, stopwords }) {
    const known = new Set(stopwords)
    return {
      contentWords: words.map((row) => ({ words: row.words.filter((word) => !known.has(word)) })),
    }
  },
})

export const weighWords = node({
  name: 'weigh_words',
  inputs: { contentWords, vocabulary },
  outputs: { features },
  tags,
  run({ contentWords, vocabulary }) {
    const weigh = wordWeigher(vocabulary)
    return { features: contentWords.map(({ words }) => ({ terms: weigh(words) })) }
  },
})
