import { expect, test } from 'vitest'

import { AllowedHosts } from './allowed-hosts.ts'

const hosts = new AllowedHosts('10.0.0.5', ['Pipelines.example.org', 'other.example:5002'])

test.each([
  'localhost',
  'localhost:5002',
  '127.0.0.1:1',
  '[::1]:5002',
  '10.0.0.5:5002',
  'pipelines.example.org',
  'PIPELINES.example.org:443',
  'other.example:5002',
])('%s is answered', (host) => {
  expect(hosts.has(host)).toBe(true)
})

test.each([
  undefined,
  '',
  'evil.example',
  'other.example',
  'other.example:5003',
  'localhost.',
  'localhost:80:80',
  'evil.example@localhost',
  'localhost/evil',
  'localhost evil',
  '[::1',
  '0.0.0.0:5002',
])('%s is not', (host) => {
  expect(hosts.has(host)).toBe(false)
})

test('an address that stands for all names none', () => {
  expect(new AllowedHosts('0.0.0.0', []).has('0.0.0.0:5002')).toBe(false)
  expect(new AllowedHosts('::1', []).has('[::1]:5002')).toBe(true)
})

test('pages of the hosts may call, others may not', () => {
  expect(hosts.hasOrigin('https://pipelines.example.org')).toBe(true)
  expect(hosts.hasOrigin('http://localhost:3000')).toBe(true)
  for (const origin of ['null', '', 'https://evil.example', 'localhost'])
    expect(hosts.hasOrigin(origin)).toBe(false)
})
