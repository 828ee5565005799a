import { expect, test } from 'vitest'

import { openStoredFile } from './open-storage.ts'
import { shownAddress, storageAddress } from './storage-address.ts'

test.each([
  ['data/days.csv', { kind: 'local', path: '/project/data/days.csv' }],
  ['/data/days.csv', { kind: 'local', path: '/data/days.csv' }],
  ['file:///data/a%20b.csv', { kind: 'local', path: '/data/a b.csv' }],
  ['s3://raw/2015/days.csv', { kind: 's3', bucket: 'raw', path: '2015/days.csv' }],
  ['s3a://raw/store/', { kind: 's3', bucket: 'raw', path: 'store' }],
  ['s3://raw', { kind: 's3', bucket: 'raw', path: '' }],
  ['s3://raw/what?is#this', { kind: 's3', bucket: 'raw', path: 'what?is#this' }],
  ['gs://raw/a', { kind: 'gcs', bucket: 'raw', path: 'a' }],
  ['gcs://raw/a', { kind: 'gcs', bucket: 'raw', path: 'a' }],
  ['az://raw/a', { kind: 'azure', bucket: 'raw', path: 'a' }],
  ['abfs://raw/a', { kind: 'azure', bucket: 'raw', path: 'a' }],
  [
    'abfss://raw@acme.dfs.core.windows.net/a',
    { kind: 'azure', bucket: 'raw', path: 'a', account: 'acme' },
  ],
])('%s is taken apart', (address, place) => {
  expect(storageAddress(address, '/project')).toEqual(place)
})

test.each(['ftp://host/a', 'memory://a', 'file://host/a', 'git+ssh://host/a'])(
  'nobody here knows %s',
  (address) => expect(storageAddress(address, '/project')).toBeUndefined(),
)

test.each([
  's3://key:secret@raw/a',
  's3:///a',
  's3://raw//a',
  's3://raw/../other/a',
  's3://raw/a\0b',
  's3://a b/c',
  'az://raw@evil.example/a',
  'https://user:secret@host/a',
  'https://',
  'http://[::1',
])('%s is refused, and no secret of it shown', (address) => {
  expect(() => storageAddress(address, '/project')).toThrow(
    expect.objectContaining({
      code: 'STORAGE_ADDRESS_INVALID',
      message: expect.not.stringContaining('secret'),
    }),
  )
})

test('an address for people holds neither user nor signature', () => {
  const address = 'https://host/a%20b/days.csv?sig=secret#part'
  const file = openStoredFile(address, '/project')
  expect(file?.path).toBe('days.csv')
  expect(file?.storage.url).toBe('https://host/a%20b')
  expect(shownAddress({ kind: 'azure', bucket: 'raw', path: 'a', account: 'acme' })).toBe(
    'abfs://raw@acme.dfs.core.windows.net/a',
  )
})

test.each(['https://host/', 'https://host/a/', 'https://host/a%2Fb', 's3://raw', 'az://raw/'])(
  '%s names no file',
  (address) => {
    expect(() => openStoredFile(address, '/project')).toThrow(
      expect.objectContaining({ code: 'STORAGE_ADDRESS_INVALID' }),
    )
  },
)
