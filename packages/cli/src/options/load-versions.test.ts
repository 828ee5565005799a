import { describe, expect, it } from 'vitest'

import { loadVersions } from './load-versions.ts'

describe('--load-versions', () => {
  it('has a version, which may hold colons, for each dataset', () => {
    expect(loadVersions(['model:2026-11-23T16.44.18.123Z', 'days#csv:v1:2'])).toEqual({
      model: { version: '2026-11-23T16.44.18.123Z' },
      'days#csv': { version: 'v1:2' },
    })
    expect(loadVersions()).toEqual({})
  })

  it.each(['model', 'model:', ':1'])('refuses %j', (text) => {
    expect(() => loadVersions([text])).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION_VALUE' }),
    )
  })
})
