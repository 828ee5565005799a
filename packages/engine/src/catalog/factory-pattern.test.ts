import { describe, expect, test } from 'vitest'

import {
  comparePatterns,
  fillIn,
  isCatchAll,
  isPattern,
  matchPattern,
  parsePattern,
  type FactoryPattern,
} from './factory-pattern.ts'

function pattern(text: string): FactoryPattern {
  const parsed = parsePattern(text)
  if (typeof parsed === 'string') throw new Error(parsed)
  return parsed
}

function match(text: string, name: string): Record<string, string> | undefined {
  const values = matchPattern(pattern(text), name)
  return values === undefined ? undefined : Object.fromEntries(values)
}

describe('a factory’s pattern', () => {
  test.each([
    ['{name}_data', 'factory_data', { name: 'factory' }],
    ['{name}_data', 'data', undefined],
    ['{name}_data', '_data', undefined],
    ['{name}_data', 'factory_data_', undefined],
    ['{name}_data', 'a_data_data', { name: 'a_data' }],
    ['{namespace}.{name}#csv', 'uk.north.days#csv', { namespace: 'uk', name: 'north.days' }],
    ['{namespace}.int_{name}', 'data.int_customers', { namespace: 'data', name: 'customers' }],
    ['{a}{b}', 'xyz', { a: 'x', b: 'yz' }],
    ['{a}{b}', 'x', undefined],
    ['{layer}-{name}', 'processing-factory_data', { layer: 'processing', name: 'factory_data' }],
    ['in-{name}', 'in-x', { name: 'x' }],
    ['{name}@csv', 'rows@csv', { name: 'rows' }],
    ['{any}', 'rows@csv', { any: 'rows@csv' }],
    ['{a}-x-{b}', 'p-x-x-q', { a: 'p', b: 'x-q' }],
  ])('%s takes %s for %j', (text, name, expected) => {
    expect(match(text, name)).toEqual(expected)
  })

  test('that could cut a name in very many ways decides at once', () => {
    const many = Array.from({ length: 12 }, (_, index) => `{p${index}}a`).join('')
    expect(match(`${many}!`, 'a'.repeat(100))).toBeUndefined()
  })

  test.each([
    ['{name', 'a brace has no partner'],
    ['name}', 'a brace has no partner'],
    ['{{name}}', 'a brace has no partner'],
    ['{}', '{} is no name'],
    ['{n:d}', '{n:d} is no name'],
    ['{a}_{a}', '{a} stands in it twice'],
  ])('%s is refused: %s', (text, problem) => {
    expect(parsePattern(text)).toContain(problem)
    expect(isPattern(text)).toBe(true)
  })

  test('goes before less specific ones, then before those with fewer placeholders, then by the alphabet', () => {
    const sorted = [
      '{any}',
      '{dataset_name}#csv',
      'in-{dataset_name}',
      '{name}_data',
      '{namespace}.{name}+csv',
      '{dataset}+csv',
      '{name}-{folder}#csv',
      'out-{dataset_name}',
      '{namespace}.int_{name}{a}',
    ]
      .map(pattern)
      .toSorted(comparePatterns)
      .map(({ text }) => text)
    expect(sorted).toEqual([
      '{namespace}.int_{name}{a}',
      '{namespace}.{name}+csv',
      '{name}-{folder}#csv',
      '{name}_data',
      'out-{dataset_name}',
      '{dataset_name}#csv',
      '{dataset}+csv',
      'in-{dataset_name}',
      '{any}',
    ])
    expect(isCatchAll(pattern('{a}{b}'))).toBe(true)
    expect(isCatchAll(pattern('{a}.{b}'))).toBe(false)
  })

  test('fills in what it knows and leaves the rest', () => {
    expect(
      fillIn(
        'data/{layer}/{name}.{x}',
        new Map([
          ['layer', '01'],
          ['name', '$&'],
        ]),
      ),
    ).toBe('data/01/$&.{x}')
  })
})
