import { describe, expect, it } from 'vitest'

import {
  DatasetError,
  FatalNodeError,
  InfrastructureError,
  NodeError,
  NodeTimeoutError,
} from '../errors.ts'
import { describeFailure } from './describe-failure.ts'
import { NodeFailure } from './node-failure.ts'

describe('describeFailure', () => {
  it("keeps the name, message and stack of a user's error", () => {
    const error = new TypeError('no rows')
    const { failure, retryable } = describeFailure(error)
    expect(failure).toEqual({ code: 'TypeError', message: 'no rows', stack: error.stack })
    expect(retryable).toBe(true)
  })

  it('keeps code and hint of our own errors', () => {
    const error = new NodeError('OUTPUT_MISSING', 'Nothing came.', {
      hint: 'Return it.',
      retryable: false,
    })
    expect(describeFailure(error)).toMatchObject({
      failure: { code: 'OUTPUT_MISSING', message: 'Nothing came.', hint: 'Return it.' },
      retryable: false,
    })
  })

  it.each([
    [new Error('x'), true],
    [new NodeTimeoutError('x'), true],
    [new InfrastructureError('STORAGE_FAILED', 'x'), true],
    [new FatalNodeError('x'), false],
    [new DatasetError('DATASET_INVALID', 'x', { dataset: 'd' }), false],
    [new DatasetError('DATASET_NOT_ENCODABLE', 'x', { dataset: 'd' }), false],
    [new DatasetError('DATASET_NOT_FOUND', 'x', { dataset: 'd' }), true],
  ])('says of %s that it is retryable: %s', (error, retryable) => {
    expect(describeFailure(error).retryable).toBe(retryable)
  })

  it('knows errors of another copy of the package', async () => {
    const address = `${import.meta.resolve('../errors.ts')}?copy=failure`
    const copy: typeof import('../errors.ts') = await import(address)
    expect(describeFailure(new copy.FatalNodeError('x'))).toMatchObject({
      failure: { code: 'FATAL_NODE_ERROR' },
      retryable: false,
    })
  })

  it('takes names and messages that mean something to a queue as data', () => {
    for (const name of ['WaitingError', 'DelayedError', 'UnrecoverableError', 'RateLimitError']) {
      const error = Object.assign(new Error('bullmq:rateLimitExceeded'), {
        name,
        retryable: false,
        code: 'ECONNRESET',
      })
      expect(describeFailure(error)).toMatchObject({
        failure: { code: name, message: 'bullmq:rateLimitExceeded' },
        retryable: true,
      })
    }
  })

  it.each([
    ['text', 'NotAnError', 'text'],
    [undefined, 'NotAnError', 'undefined'],
    [null, 'NotAnError', 'null'],
    [42n, 'NotAnError', '42'],
    [Symbol('s'), 'NotAnError', 'Symbol(s)'],
    [{ status: 500 }, 'Error', '{"status":500}'],
    [new Error(''), 'Error', 'Error'],
    [Object.create(null), 'Error', '{}'],
  ])('describes %s', (thrown, code, message) => {
    expect(describeFailure(thrown).failure).toMatchObject({ code, message })
  })

  it('survives getters that throw, proxies and objects without JSON', () => {
    const hostile = new Error('hidden')
    for (const key of ['message', 'stack', 'cause', 'name', 'code']) {
      Object.defineProperty(hostile, key, {
        get() {
          throw new Error('no')
        },
      })
    }
    expect(describeFailure(hostile).failure).toEqual({ code: 'Error', message: '{}' })
    const revoked = Proxy.revocable({}, {})
    revoked.revoke()
    expect(describeFailure(revoked.proxy).failure.message).toBe(
      'an object that cannot be written as JSON',
    )
    const endless: Record<string, unknown> = {}
    endless['self'] = endless
    expect(describeFailure(endless).failure.message).toBe(
      'an object that cannot be written as JSON',
    )
    expect(
      describeFailure(
        Object.assign(() => 1, {
          toString: () => {
            throw new Error('no')
          },
        }),
      ).failure.message,
    ).toBe('a function')
  })

  it('sums up the chain of causes, once each', () => {
    const root = new Error('disk full')
    const middle = new Error('could not write', { cause: root })
    expect(describeFailure(new Error('fit failed', { cause: middle })).failure.message).toBe(
      'fit failed Caused by: could not write Caused by: disk full',
    )
    expect(
      describeFailure(new Error('fit failed: disk full', { cause: root })).failure.message,
    ).toBe('fit failed: disk full')
  })

  it('ends at a cyclic and at a very long chain of causes', () => {
    const a = new Error('a')
    const b = new Error('b', { cause: a })
    a.cause = b
    expect(describeFailure(a).failure.message).toBe('a Caused by: b')
    let long = new Error('e0')
    for (let i = 1; i <= 1000; i++) long = new Error(`e${i};`, { cause: long })
    expect(describeFailure(long).failure.message.split(' Caused by: ')).toHaveLength(9)
  })

  it('keeps to the limits of the ledger, without parting a pair of surrogates', () => {
    const error = new NodeError('X'.repeat(500), '😀'.repeat(5000), { hint: 'h'.repeat(5000) })
    error.stack = 's'.repeat(10_000)
    const { failure } = describeFailure(error)
    expect(failure.message.length).toBeLessThanOrEqual(2000)
    expect(failure.message.endsWith('…')).toBe(true)
    expect(Buffer.from(failure.message, 'utf8').toString('utf8')).toBe(failure.message)
    expect(failure.stack).toHaveLength(4000)
    expect(failure.code).toHaveLength(100)
    expect(failure.hint).toHaveLength(1000)
    expect(NodeFailure.parse(failure)).toEqual(failure)
  })
})
