import { describe, expect, it } from 'vitest'

import { canonicalJson, sha256 } from './canonical-json.ts'

describe('canonicalJson', () => {
  it('does not depend on the order in which keys were added', () => {
    expect(canonicalJson({ b: [{ y: 1, x: null }], a: 'é' })).toBe(
      '{"a":"é","b":[{"x":null,"y":1}]}',
    )
    expect(canonicalJson({ a: 'é', b: [{ x: null, y: 1 }] })).toBe(
      canonicalJson({ b: [{ y: 1, x: null }], a: 'é' }),
    )
  })

  it('keeps the order of lists, and leaves undefined members out', () => {
    expect(canonicalJson({ list: [3, 1, 2], none: undefined })).toBe('{"list":[3,1,2]}')
  })

  it('keeps keys that mean something to JavaScript', () => {
    expect(canonicalJson(JSON.parse('{"b":1,"__proto__":2,"10":3,"9":4}'))).toBe(
      '{"9":4,"10":3,"__proto__":2,"b":1}',
    )
  })
})

describe('sha256', () => {
  it('is the digest of the UTF-8 text', () => {
    expect(sha256('')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
  })
})
