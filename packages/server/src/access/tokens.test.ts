import { expect, test } from 'vitest'

import { makeToken } from './make-token.ts'
import { Tokens } from './tokens.ts'

test('a token is known by its digest or by its variable, with its scopes alone', () => {
  const [shop, dashboard] = [makeToken(), makeToken()]
  const tokens = new Tokens(
    {
      shop: { scopes: ['run'], sha256: shop.sha256.toUpperCase() },
      dashboard: { scopes: ['read'], env: 'DASHBOARD_TOKEN' },
    },
    { DASHBOARD_TOKEN: dashboard.token },
  )
  expect(tokens.callerOf(shop.token)).toEqual({ name: 'shop', scopes: new Set(['run']) })
  expect(tokens.callerOf(dashboard.token)).toMatchObject({ name: 'dashboard' })
  for (const other of ['', shop.sha256, `${shop.token}x`, makeToken().token])
    expect(tokens.callerOf(other)).toBeUndefined()
})

test.each([
  [undefined, 'is not set'],
  ['secret', 'has fewer than 20 characters'],
])('a variable that holds %s is refused', (value, reason) => {
  const make = (): Tokens => new Tokens({ shop: { scopes: ['run'], env: 'T' } }, { T: value })
  expect(make).toThrow(`Token "shop": the variable T ${reason}.`)
})

test('one token under two names is refused', () => {
  const { sha256 } = makeToken()
  const token = { scopes: ['read'], sha256 } as const
  expect(() => new Tokens({ a: token, b: token }, {})).toThrow('Two names have the same token.')
})
