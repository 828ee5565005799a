import { describe, expect, it } from 'vitest'

import {
  elementAt,
  elementName,
  elementsOf,
  inShape,
  parseElementName,
  placeOf,
} from './map-shape.ts'

describe('the shape of a map', () => {
  it('counts its elements row by row', () => {
    expect(elementsOf([2, 3])).toBe(6)
    expect([0, 2, 3, 5].map((element) => placeOf(element, [2, 3]))).toEqual([
      [0, 0],
      [0, 2],
      [1, 0],
      [1, 2],
    ])
    expect(elementsOf([4, 0])).toBe(0)
  })

  it('names each element, and finds it again by its name', () => {
    const shape = [2, 3, 4]
    for (let element = 0; element < elementsOf(shape); element += 1) {
      const parsed = parseElementName(elementName('uk.fit', element, shape))
      expect(parsed?.node).toBe('uk.fit')
      expect(elementAt(parsed?.place ?? [], shape)).toBe(element)
    }
    expect(elementName('score', 17, [20])).toBe('score[17]')
  })

  it('has no element beyond its ends, and none of another depth', () => {
    expect(elementAt([20], [20])).toBeUndefined()
    expect(elementAt([0, 0], [20])).toBeUndefined()
    expect(parseElementName('score')).toBeUndefined()
    expect(parseElementName('score[x]')).toBeUndefined()
  })

  it('gives results back as nested lists', () => {
    expect(inShape([1, 2, 3], [3])).toEqual([1, 2, 3])
    expect(inShape([1, 2, 3, 4, 5, 6], [2, 3])).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ])
    expect(inShape([], [2, 0])).toEqual([[], []])
    expect(inShape([], [0, 2])).toEqual([])
  })
})
