import { expect, it } from 'vitest'

import { redactParams, redactTags } from './redact.ts'

it('values under secret names are left out, wherever they stand', () => {
  const params = {
    'load.db': { host: 'h', Password: 'p', more: [{ api_key: 'k', id: 1 }] },
    'load.token': 't',
    'train.max_tokens': 5,
    secrets: { a: 1 },
  }
  expect(redactParams(params, ['*password*', '*api_key*', 'token', 'secrets'])).toEqual({
    'load.db': { host: 'h', Password: '[redacted]', more: [{ api_key: '[redacted]', id: 1 }] },
    'load.token': '[redacted]',
    'train.max_tokens': 5,
    secrets: '[redacted]',
  })
})

it('a pattern is no regular expression', () => {
  expect(redactTags({ 'a.b': '1', axb: '2', 'a.b.c': '3' }, ['a.b'])).toEqual({
    'a.b': '[redacted]',
    axb: '2',
    'a.b.c': '3',
  })
})

it('without patterns everything is recorded', () => {
  const params = { password: 'p' }
  expect(redactParams(params, [])).toBe(params)
})
