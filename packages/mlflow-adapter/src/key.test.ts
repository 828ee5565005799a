import { describe, expect, it } from 'vitest'

import { mlflowKey, mlflowKeys } from './key.ts'

describe('a name as a key of MLflow', () => {
  it.each([
    ['train.epochs', 'train.epochs'],
    ['score[17].loss', 'score.17.loss'],
    ['tune[3]/fit[5]', 'tune.3/fit.5'],
    ['größe 日本', 'größe 日本'],
    ['a@b=c', 'a_b_c'],
    ['a//b', 'a__b'],
    ['/a', '_a'],
    ['../x', '.._x'],
    ['a/../b', 'a_.._b'],
    ['a/', 'a_'],
    ['..', '_'],
    ['', '_'],
  ])('%j is %j', (name, key) => {
    expect(mlflowKey(name)).toBe(key)
  })

  it('is at most 250 characters, and long names that begin alike stay apart', () => {
    const one = mlflowKey(`${'x'.repeat(300)}1`)
    const two = mlflowKey(`${'x'.repeat(300)}2`)
    expect(one).toHaveLength(250)
    expect(one).not.toBe(two)
  })

  it('names that would share a key get different ones, the same in every order', () => {
    const keys = mlflowKeys(['a@b', 'a#b', 'a_b'])
    expect(new Set(keys.values()).size).toBe(3)
    expect(keys.get('a_b')).toBe('a_b')
    expect(mlflowKeys(['a_b', 'a#b', 'a@b'])).toEqual(new Map([...keys].toReversed()))
  })
})
