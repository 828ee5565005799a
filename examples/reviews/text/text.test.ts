import { expect, test } from 'vitest'

import { partOf } from './part.ts'
import { makeVocabulary } from './vocabulary.ts'
import { wordWeigher } from './weigh-words.ts'

const shares = { validationShare: 0.15, testShare: 0.2 }

test('entries of one name are in one part, synchronous or not', () => {
  for (const name of ['readFile', 'access', 'stat', 'rename', 'chown']) {
    expect(partOf(`${name}Sync`, 7, shares)).toBe(partOf(name, 7, shares))
  }
})

test('the parts have the shares that were asked for', () => {
  const parts = Array.from({ length: 4000 }, (_, index) => partOf(`name${index}`, 7, shares))
  const share = (part: string) => parts.filter((each) => each === part).length / parts.length
  expect(share('test')).toBeCloseTo(0.2, 1)
  expect(share('validation')).toBeCloseTo(0.15, 1)
})

test('the vocabulary has the words of the most texts, none of a single text', () => {
  const texts = [
    ['a', 'b', 'a'],
    ['a', 'b'],
    ['a', 'c'],
    ['d', 'd'],
  ]
  expect(makeVocabulary(texts, 9).map(({ word }) => word)).toEqual(['a', 'b'])
  expect(makeVocabulary(texts, 1)).toEqual([{ word: 'a', rarity: Math.log(4 / 3) }])
})

test('a rare word weighs more than a frequent one, an unknown one nothing', () => {
  const weigh = wordWeigher([
    { word: 'file', rarity: 1 },
    { word: 'cipher', rarity: 2 },
  ])
  const [file, cipher, ...others] = weigh(['cipher', 'file', 'unheard'])
  expect(others).toEqual([])
  expect([cipher?.term, file?.term]).toEqual([0, 1])
  expect(Math.hypot(file?.weight ?? 0, cipher?.weight ?? 0)).toBeCloseTo(1)
  expect(weigh(['unheard'])).toEqual([])
})
