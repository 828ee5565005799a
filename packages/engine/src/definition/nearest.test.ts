import { describe, expect, it } from 'vitest'

import { didYouMean, nearest } from './nearest.ts'

describe('nearest', () => {
  const known = ['days', 'day', 'model', 'metrics', 'uk.train']

  it('gives close names, closest first', () => {
    expect(nearest('dayss', known)).toEqual(['days', 'day'])
    expect(nearest('dys', known)).toEqual(['days'])
    expect(nearest('modle', known)).toEqual(['model'])
    expect(nearest('Metrics', known)).toEqual(['metrics'])
  })

  it('finds a name inside a namespace', () => {
    expect(nearest('train', known)).toEqual(['uk.train'])
  })

  it('gives nothing when nothing is close', () => {
    expect(nearest('temperature', known)).toEqual([])
    expect(nearest('x', [])).toEqual([])
  })

  it('gives each name once and at most three', () => {
    expect(nearest('aa', ['aab', 'aab', 'aac', 'aad', 'aae'])).toEqual(['aab', 'aac', 'aad'])
  })
})

describe('didYouMean', () => {
  it('asks for close names, and lists the known ones when none is close', () => {
    expect(didYouMean('dayss', ['days', 'day'], 'datasets')).toBe('Did you mean "days" or "day"?')
    expect(didYouMean('temperature', ['days', 'model'], 'datasets')).toBe(
      'Known datasets: days, model.',
    )
    expect(didYouMean('x', [], 'datasets')).toBe('There are no datasets.')
    const many = Array.from({ length: 12 }, (_, i) => `dataset-number-${i}`)
    expect(didYouMean('x', many, 'datasets')).toContain('dataset-number-9 and 2 more.')
  })
})
