import { resolve } from 'node:path'

import { describe, expect, it } from 'vitest'

import { parseModelUri } from './model-uri.ts'

describe('the address of a model', () => {
  it.each([
    ['models:/reviews@champion', { kind: 'alias', name: 'reviews', alias: 'champion' }],
    ['models:/my%20model@champion', { kind: 'alias', name: 'my model', alias: 'champion' }],
    ['models:/reviews/3', { kind: 'version', name: 'reviews', version: 3 }],
    ['models:/reviews/latest', { kind: 'version', name: 'reviews', version: 'latest' }],
    ['models:/m-0c4f', { kind: 'logged', id: 'm-0c4f' }],
    ['runs:/0c4f/models/reviews/', { kind: 'run', run: '0c4f', path: 'models/reviews' }],
    ['file:///srv/model', { kind: 'folder', path: '/srv/model' }],
    ['models/reviews', { kind: 'folder', path: resolve('models/reviews') }],
  ])('%s is read', (uri, expected) => {
    expect(parseModelUri(uri)).toEqual(expected)
  })

  it.each(['', 'models:/', 'models:/reviews', 'models:/a@b@c', 's3://bucket/model'])(
    '%j names none',
    (uri) => {
      expect(() => parseModelUri(uri)).toThrow(
        expect.objectContaining({ code: 'INVALID_MODEL_URI' }),
      )
    },
  )
})
