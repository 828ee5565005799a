import {
  ConfigError,
  DatasetError,
  InfrastructureError,
  PipelineError,
  UsageError,
} from '@pipewright/engine'
import { expect, test } from 'vitest'

import { exitCodeOf } from './exit-code-of.ts'

test('the class of an error gives the exit code', () => {
  expect(exitCodeOf(new UsageError('X', 'x'))).toBe(2)
  expect(exitCodeOf(new ConfigError('X', 'x'))).toBe(3)
  expect(exitCodeOf(new PipelineError('X', 'x'))).toBe(3)
  expect(exitCodeOf(new DatasetError('X', 'x', { dataset: 'd' }))).toBe(3)
  expect(exitCodeOf(new InfrastructureError('X', 'x'))).toBe(4)
  expect(exitCodeOf(new Error('x'))).toBe(1)
})

test('a run id that nobody knows was typed wrongly', () => {
  expect(exitCodeOf(new InfrastructureError('RUN_NOT_FOUND', 'x'))).toBe(2)
})
