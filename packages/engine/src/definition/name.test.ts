import { describe, expect, it } from 'vitest'

import { assertName } from './name.ts'

describe('assertName', () => {
  it('takes letters of any script, digits, underscores, dashes and dots', () => {
    for (const name of ['days', 'uk.north-1', '_x', '2015', 'Größe', '数据', 'x'.repeat(100)]) {
      expect(() => assertName('dataset', name)).not.toThrow()
    }
  })

  it('refuses what cannot be a key, a file name or a path, naming the kind', () => {
    const refused = [
      '',
      ' ',
      'a b',
      'a/b',
      '../x',
      '.x',
      '-x',
      'a:b',
      'x[1]',
      'x'.repeat(101),
      '__proto__',
      'a\0b',
      'a\n',
    ]
    for (const name of refused) {
      expect(() => assertName('dataset', name)).toThrow(
        expect.objectContaining({
          code: 'INVALID_NAME',
          message: expect.stringContaining('of a dataset'),
        }),
      )
    }
    expect(() => assertName('node', JSON.parse('null'))).toThrow(
      'null cannot be the name of a node',
    )
  })
})
