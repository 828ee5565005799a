import { describe, expect, test } from 'vitest'

import { admits, isAllowEntry, isPublic, publicOnly } from './network-policy.ts'

describe('an address of the public internet', () => {
  test.each(['1.1.1.1', '8.8.8.8', '172.15.0.1', '172.32.0.1', '2606:4700::1111', '2a00:1450::1'])(
    'is %s',
    (address) => expect(isPublic(address)).toBe(true),
  )

  test.each([
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '127.0.0.1',
    '127.255.255.254',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:10.0.0.1',
    '::ffff:a00:1',
    '::ffff:1.1.1.1',
    '64:ff9b::a00:1',
    'fc00::1',
    'fd12:3456::1',
    'fe80::1',
    'ff02::1',
    '2001:db8::1',
    '2001::1',
    '2002:a00:1::',
    'localhost',
    '',
  ])('is not %s', (address) => expect(isPublic(address)).toBe(false))
})

function policy(...allow: string[]): typeof publicOnly {
  return { ...publicOnly, allow }
}

describe('what is allowed', () => {
  const target = { host: 'data.internal', port: '8080', address: '10.1.2.3' }

  test.each([
    'data.internal',
    'DATA.internal',
    'data.internal:8080',
    '10.1.2.3',
    '10.1.2.3:8080',
    '10.1.0.0/16',
  ])('by %s', (entry) => expect(admits(policy(entry), target)).toBe(true))

  test.each(['internal', 'other.internal', 'data.internal:80', '10.2.0.0/16', 'fd00::/8'])(
    'is not by %s',
    (entry) => expect(admits(policy(entry), target)).toBe(false),
  )

  test('are also addresses and ranges of IPv6', () => {
    const six = { host: '::1', port: '80', address: '::1' }
    expect(admits(policy('::1'), six)).toBe(true)
    expect(admits(policy('[::1]:80'), six)).toBe(true)
    expect(admits(policy('[::1]:81'), six)).toBe(false)
    expect(admits(policy('::/64'), six)).toBe(true)
    expect(admits(policy('0.0.0.0/0'), six)).toBe(false)
  })

  test('are entries that can be read', () => {
    const right = ['a.b', 'a:80', '10.0.0.0/8', '::1', '[::1]:80', 'localhost']
    expect(right.filter((entry) => !isAllowEntry(entry))).toEqual([])
    const wrong = ['', 'http://a', 'a/b', '10.0.0.0/33', '*', 'a b', 'a:port']
    expect(wrong.filter(isAllowEntry)).toEqual([])
  })
})
