import { describe, expect, it } from 'vitest'

import { fingerprintOfAll, nodeFingerprint } from './fingerprint.ts'

const code = {
  name: 'train',
  source: 'run() {}',
  files: { 'pipelines/training.ts': 'aa', 'lib/fit.ts': 'bb' },
}

describe('the fingerprint of a node', () => {
  it('is the same whatever the order of its files', () => {
    const files = { 'lib/fit.ts': 'bb', 'pipelines/training.ts': 'aa' }
    expect(nodeFingerprint({ ...code, files })).toBe(nodeFingerprint(code))
    expect(nodeFingerprint(code)).toMatch(/^[0-9a-f]{16}$/)
  })

  it.each([
    ['its name', { ...code, name: 'fit' }],
    ['its function', { ...code, source: 'run() { return 1 }' }],
    ['a file', { ...code, files: { ...code.files, 'lib/fit.ts': 'cc' } }],
    [
      'the name of a file',
      { ...code, files: { 'pipelines/training.ts': 'aa', 'lib/it.ts': 'bb' } },
    ],
    ['a further file', { ...code, files: { ...code.files, 'lib/more.ts': 'dd' } }],
  ])('changes with %s', (_, changed) => {
    expect(nodeFingerprint(changed)).not.toBe(nodeFingerprint(code))
  })

  it('is that of its version alone where the user gives one', () => {
    const versioned = { ...code, version: '3' }
    const rewritten = { ...versioned, source: 'other', files: {} }
    expect(nodeFingerprint(rewritten)).toBe(nodeFingerprint(versioned))
    expect(nodeFingerprint({ ...versioned, version: '4' })).not.toBe(nodeFingerprint(versioned))
    expect(nodeFingerprint({ ...versioned, name: 'fit' })).not.toBe(nodeFingerprint(versioned))
  })
})

describe('the fingerprint of many nodes', () => {
  it('does not depend on their order, nor on how often a node is in a pipeline', () => {
    expect(fingerprintOfAll(['a', 'b', 'a'])).toBe(fingerprintOfAll(['b', 'a']))
    expect(fingerprintOfAll(['a'])).not.toBe(fingerprintOfAll(['b']))
  })
})
