import { inspect } from 'node:util'

import { describe, expect, test } from 'vitest'

import { mask, maskAll, rememberSecret } from './known-secrets.ts'
import { Secret } from './secret.ts'

describe('a secret', () => {
  const secret = new Secret({ key: 'AKIAEXAMPLE', secret: 'wJalrXUtnFEMI/K7MDENG' })

  test('prints as *** wherever it goes', () => {
    const shown = [
      String(secret),
      `${String(secret)} and more`,
      JSON.stringify({ secret }),
      inspect(secret),
      inspect({ deep: [{ secret }] }, { depth: 9, showHidden: true }),
      JSON.stringify(structuredClone(secret)),
      Object.entries(secret).join(),
      inspect(new Error('x', { cause: secret })),
    ]
    expect(shown.join()).not.toMatch(/wJalr|AKIA/)
    expect(shown.slice(0, 4)).toEqual(['***', '*** and more', '{"secret":"***"}', '***'])
  })

  test('reveals itself to who asks', () => {
    expect(secret.reveal()).toEqual({ key: 'AKIAEXAMPLE', secret: 'wJalrXUtnFEMI/K7MDENG' })
  })

  test('is masked in texts from the moment that it is there, and its harmless neighbours are not', () => {
    const shown = new Secret({ endpoint_url: 'http://minio.internal', account_key: 'q83vEjRWeJA=' })
    expect(mask(`${String(shown)}: http://minio.internal refuses q83vEjRWeJA=`)).toBe(
      '***: http://minio.internal refuses ***',
    )
  })

  test('is masked also where it stands in an address that is shown', () => {
    const shown = new Secret({ endpoint_url: 'https://app:hunter2-hunter2@db.internal' })
    expect(mask(`${String(shown)}: https://app:hunter2-hunter2@db.internal`)).toBe(
      '***: https://app:***@db.internal',
    )
  })

  test('leaves the words of others alone: users, kinds and hosts are none', () => {
    const entry = {
      username: 'postgres',
      type: 'service_account',
      token_uri: 'https://oauth.example',
    }
    const text = 'postgres: a service_account of https://oauth.example'
    expect(mask(`${String(new Secret(entry))} ${text}`)).toBe(`*** ${text}`)
  })

  test('is masked in parts, where it holds a password', () => {
    const shown = new Secret({
      con: 'postgresql://ann:p%40ssw0rd@db/prices',
      connection_string: 'AccountName=acme;AccountKey=c2VjcmV0LWtleQ==;EndpointSuffix=x',
    })
    expect(mask(`${String(shown)}: p%40ssw0rd, p@ssw0rd and c2VjcmV0LWtleQ==`)).toBe(
      '***: ***, *** and ***',
    )
  })
})

describe('a known secret', () => {
  const value = 'pa"ss wörd/+<&>\\'
  rememberSecret(value)
  const bytes = Buffer.from(value)

  test.each<[string, string]>([
    ['as it is', value],
    ['in JSON', JSON.stringify(value)],
    ['in JSON in JSON', JSON.stringify(JSON.stringify(value))],
    ['in an address', encodeURIComponent(value)],
    ['in an address, in small letters', encodeURIComponent(value).toLowerCase()],
    ['in an address twice', encodeURIComponent(encodeURIComponent(value))],
    ['in a form', new URLSearchParams({ value }).toString()],
    ['in base64', bytes.toString('base64')],
    ['in base64 for addresses', bytes.toString('base64url')],
    ['in basic authorisation', Buffer.from(`u:${value}`).toString('base64')],
    ['in basic authorisation of a longer name', Buffer.from(`us:${value}`).toString('base64')],
    ['in hexadecimal', bytes.toString('hex')],
    [
      'in a page',
      value
        .replaceAll('&', '&amp;')
        .replaceAll('<', '&lt;')
        .replaceAll('>', '&gt;')
        .replaceAll('"', '&quot;'),
    ],
  ])('is masked %s', (_, text) => {
    const masked = mask(`before ${text} after`)
    expect(masked).toContain('***')
    // At its edges base64 may keep a sign that also depends on what is beside it.
    expect(masked.length).toBeLessThan(`before  after`.length + 20)
    expect(masked).toMatch(/^before .* after$/s)
  })

  test('is masked in plain data, in names too', () => {
    const when = new Date(0)
    expect(maskAll({ a: [value], [value]: 1, when, none: null })).toEqual({
      a: ['***'],
      '***': 1,
      when,
      none: null,
    })
  })

  test('of a few letters is none: it would hide ordinary words', () => {
    rememberSecret('app')
    expect(mask('an app')).toBe('an app')
  })

  test('may be many: a long text with a thousand of them is masked at once', () => {
    const many = Array.from(
      { length: 1000 },
      (_, index) => `secret-number-${index}-${index * 7919}`,
    )
    for (const each of many) rememberSecret(each)
    const text = many.map((each) => `x ${each} y`).join('\n')
    expect(mask(text)).toBe(many.map(() => 'x *** y').join('\n'))
  })
})
