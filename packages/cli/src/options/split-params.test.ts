import { expect, test } from 'vitest'

import { splitParams } from './split-params.ts'

test('params are separated by spaces and by commas', () => {
  expect(splitParams(['a=1,b.c=2', 'd=3'])).toEqual(['a=1', 'b.c=2', 'd=3'])
})

test('a comma in brackets or quotes belongs to the value', () => {
  expect(splitParams(['list=[1,b=2],map={"x":1,"y":"a,c=3"},z=1'])).toEqual([
    'list=[1,b=2]',
    'map={"x":1,"y":"a,c=3"}',
    'z=1',
  ])
})

test('a comma that no name follows belongs to the value', () => {
  expect(splitParams(['title=Hello, world', 'range=1,2'])).toEqual([
    'title=Hello, world',
    'range=1,2',
  ])
})

test('empty parts are dropped and what has no = is left for the parser to refuse', () => {
  expect(splitParams(['', 'training', 'a=1,'])).toEqual(['training', 'a=1,'])
})
