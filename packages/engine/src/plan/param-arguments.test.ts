import { describe, expect, it } from 'vitest'

import { parseParamArguments } from './param-arguments.ts'

describe('parseParamArguments', () => {
  it('reads scalars as YAML does', () => {
    const values = parseParamArguments([
      'a=50',
      'b=-0.5',
      'c=1e3',
      'd=true',
      'e=false',
      'f=null',
      'g=.5',
      'h= 7 ',
    ])
    expect(values).toEqual({ a: 50, b: -0.5, c: 1000, d: true, e: false, f: null, g: 0.5, h: 7 })
  })

  it('leaves the rest as text', () => {
    const values = parseParamArguments([
      'a=ridge',
      'b=2014-01-01',
      'c=007',
      'd=',
      'e=x=y',
      'f=0x10',
      'g=yes',
      'h=1_000',
    ])
    expect(values).toEqual({
      a: 'ridge',
      b: '2014-01-01',
      c: '007',
      d: '',
      e: 'x=y',
      f: '0x10',
      g: 'yes',
      h: '1_000',
    })
  })

  it('keeps integers that JavaScript would change as text', () => {
    expect(parseParamArguments(['id=12345678901234567890'])).toEqual({ id: '12345678901234567890' })
  })

  it('reads JSON', () => {
    const values = parseParamArguments(['a=[1, "x"]', 'b={"c": {"d": null}}', 'e="50"'])
    expect(values).toEqual({ a: [1, 'x'], b: { c: { d: null } }, e: '50' })
  })

  it('takes the last one of a name', () => {
    expect(parseParamArguments(['a=1', 'a=2'])).toEqual({ a: 2 })
  })

  it('refuses what is no assignment, and broken JSON', () => {
    for (const argument of ['epochs', '=5', ' =5', 'a=[1,', 'a={b: 1}', 'a="x']) {
      expect(() => parseParamArguments([argument])).toThrow(
        expect.objectContaining({ name: 'UsageError', code: 'INVALID_PARAM_ARGUMENT' }),
      )
    }
  })

  it('does not reach the prototype', () => {
    const values = parseParamArguments(['__proto__=1'])
    expect(Object.hasOwn(values, '__proto__')).toBe(true)
    expect(Object.getPrototypeOf(values)).toBe(Object.prototype)
  })
})
