import { describe, expect, test } from 'vitest'

import { matchesGlob, policyFor } from './policy.ts'
import { ArtifactSettings } from './settings.ts'

const facts = { dataset: 'model', type: 'json', bytes: 100, tags: ['final'] }

function policy(settings: object, about: Partial<typeof facts> = {}): ReturnType<typeof policyFor> {
  return policyFor(ArtifactSettings.parse(settings), { ...facts, ...about })
}

describe('the policy for a value', () => {
  test('is to upload nothing where nothing is said', () => {
    expect(policy({})).toEqual({
      log: 'never',
      maxBytes: 50_000_000,
      sample: 20,
      compress: 'none',
      folder: '',
    })
  })

  test('is that of the first rule that fits, with the default for what it does not say', () => {
    const settings = {
      default: { sample: 5, compress: 'gzip', maxBytes: 10 },
      rules: [
        { dataset: 'mod', log: 'never' },
        { dataset: 'model*', type: 'csv', log: 'never' },
        { tag: 'final', size: { least: 0, most: 99 }, log: 'never' },
        { tag: 'final', size: { least: 100, most: 100 }, log: 'summary', compress: 'none' },
        { log: 'always' },
      ],
    }
    expect(policy(settings)).toMatchObject({
      log: 'summary',
      sample: 5,
      compress: 'none',
      maxBytes: 10,
    })
    expect(policy(settings, { bytes: 101 }).log).toBe('always')
  })

  test('of a dataset that is named itself is to upload it, as the first rule does that uploads', () => {
    const settings = {
      datasets: ['model'],
      rules: [
        { log: 'summary', maxBytes: 1 },
        { log: 'always', keep: { last: 3 } },
      ],
    }
    expect(policy(settings)).toMatchObject({
      log: 'always',
      maxBytes: 50_000_000,
      keep: { last: 3 },
    })
  })

  test('leaves models alone, which are recorded as such, unless they are asked for', () => {
    const about = { type: 'model' }
    const all = { default: { log: 'always' }, rules: [{ dataset: 'm*', log: 'summary' }] }
    expect(policy(all, about).log).toBe('never')
    expect(policy({ rules: [{ type: 'model', log: 'always' }] }, about).log).toBe('always')
    expect(policy({ datasets: ['model'] }, about).log).toBe('always')
  })

  test('of a dataset of the catalog has its folder', () => {
    const settings = { entries: { model: { path: '/models/final/' }, toString: {} } }
    expect(policy(settings)).toMatchObject({ log: 'always', folder: 'models/final' })
    expect(policy({ entries: {} }, { dataset: 'constructor' }).log).toBe('never')
  })
})

test.each([
  ['model', 'model', true],
  ['model', 'mod*', true],
  ['model', '*', true],
  ['model', '*del', true],
  ['model', 'm?d*l', true],
  ['model', 'm**l', true],
  ['model', 'mod', false],
  ['model', 'models', false],
  ['model', '?', false],
  ['a.b', 'a.b', true],
  ['axb', 'a.b', false],
  ['', '*', true],
  ['aab', 'a*ab', true],
  ['x'.repeat(500), `${'x*'.repeat(60)}y`, false],
])('%s matches %s: %s', (name, pattern, matches) => {
  expect(matchesGlob(name, pattern)).toBe(matches)
})
