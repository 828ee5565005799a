import { describe, expect, it } from 'vitest'

import { amountsOf } from './resources.ts'

describe('amounts of resources', () => {
  it('are numbers in the order of their names, whatever order and units they were given in', () => {
    expect(
      Object.entries(amountsOf('Node "a"', { memory: '8GiB', gpu: 1, disk: '1.5 TB' })),
    ).toEqual([
      ['disk', 1.5e12],
      ['gpu', 1],
      ['memory', 8 * 1024 ** 3],
    ])
  })

  it('keep fractions and leave out nothing at all', () => {
    expect(amountsOf('Node "a"', { cpu: 0.5, gpu: 0 })).toEqual({ cpu: 0.5 })
  })

  it.each([
    ['negative', { gpu: -1 }],
    ['a word', { gpu: 'one' }],
    ['an unknown unit', { memory: '8 gigs' }],
    ['not finite', { gpu: Infinity }],
    ['a name that is none', { 'g=pu': 1 }],
  ])('are refused when %s', (_, resources) => {
    expect(() => amountsOf('Node "a"', resources)).toThrow(
      expect.objectContaining({ code: 'INVALID_RESOURCES' }),
    )
  })
})
