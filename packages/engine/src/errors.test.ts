import { describe, expect, it } from 'vitest'

import {
  ConfigError,
  DatasetError,
  FatalNodeError,
  NodeError,
  NodeTimeoutError,
  PipelineError,
  PipewrightError,
  UsageError,
} from './errors.ts'

describe('the errors', () => {
  it('carry code, hint and cause', () => {
    const cause = new Error('underneath')
    const error = new PipelineError('SOME_CODE', 'What happened.', { hint: 'What to do.', cause })
    expect(error).toMatchObject({
      name: 'PipelineError',
      code: 'SOME_CODE',
      hint: 'What to do.',
      cause,
    })
    expect(error.stack).toContain('What happened.')
  })

  it('have no cause property without a cause', () => {
    expect('cause' in new UsageError('SOME_CODE', 'x')).toBe(false)
  })

  it('carry the position or dataset that they are about', () => {
    expect(
      new ConfigError('SOME_CODE', 'x', { position: { file: 'catalog.yml', line: 3 } }).position,
    ).toEqual({ file: 'catalog.yml', line: 3 })
    expect(new DatasetError('SOME_CODE', 'x', { dataset: 'days' }).dataset).toBe('days')
  })

  it('say whether retries apply', () => {
    expect(new NodeError('SOME_CODE', 'x').retryable).toBe(true)
    expect(new NodeError('SOME_CODE', 'x', { retryable: false }).retryable).toBe(false)
    expect(new FatalNodeError('x')).toMatchObject({ code: 'FATAL_NODE_ERROR', retryable: false })
    expect(new NodeTimeoutError('x')).toMatchObject({ code: 'NODE_TIMEOUT', retryable: true })
  })
})

describe('instanceof', () => {
  it('follows the classes', () => {
    const error = new FatalNodeError('x')
    for (const type of [FatalNodeError, NodeError, PipewrightError, Error])
      expect(error instanceof type).toBe(true)
    for (const type of [PipelineError, NodeTimeoutError, DatasetError])
      expect(error instanceof type).toBe(false)
  })

  it('survives two copies of the package', async () => {
    // Another address is another module with classes of its own.
    const address = `${import.meta.resolve('./errors.ts')}?copy=2`
    const copy: typeof import('./errors.ts') = await import(address)
    expect(copy.FatalNodeError).not.toBe(FatalNodeError)
    const error: unknown = new copy.FatalNodeError('x')
    expect(error instanceof FatalNodeError).toBe(true)
    expect(error instanceof NodeError).toBe(true)
    expect(error instanceof PipewrightError).toBe(true)
    expect(error instanceof NodeTimeoutError).toBe(false)
  })

  it("is not fooled by a user's error of the same name", () => {
    class NodeError2 extends Error {
      override name = 'FatalNodeError'
    }
    for (const value of [
      new NodeError2('x'),
      { name: 'PipewrightError' },
      'text',
      null,
      undefined,
    ]) {
      expect(value instanceof PipewrightError).toBe(false)
      expect(value instanceof FatalNodeError).toBe(false)
    }
  })

  it('accepts the subclasses of users', () => {
    class NoRowsError extends FatalNodeError {}
    const error: unknown = new NoRowsError('no rows')
    expect(error instanceof NoRowsError).toBe(true)
    expect(error instanceof FatalNodeError).toBe(true)
    expect(new FatalNodeError('x') instanceof NoRowsError).toBe(false)
  })
})
