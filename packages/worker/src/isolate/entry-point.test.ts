import { existsSync } from 'node:fs'

import { expect, test } from 'vitest'

import { entryPoint, processOptions } from './entry-point.ts'

const condition = '--conditions=@pipewright/source'

test.each(['thread-main', 'process-main'] as const)(
  '%s lies beside the code that starts it',
  (name) => {
    expect(existsSync(entryPoint(name))).toBe(true)
  },
)

test('a process from source resolves packages to source', () => {
  expect(processOptions([])).toEqual([condition])
  expect(processOptions([condition])).toEqual([condition])
})

test('a process inherits options, but no program, debugger port or watching', () => {
  const own = ['--import', 'x', '--inspect=9229', '--watch', '-e', 'code()', '--expose-gc']
  expect(processOptions(own)).toEqual(['--import', 'x', '--expose-gc', condition])
})
