import { describe, expect, it } from 'vitest'

import { InfrastructureError, UsageError } from '../errors.ts'
import { isOfRedis, isPassing, redisError } from './redis-error.ts'

function reply(message: string): Error {
  return Object.assign(new Error(message), { name: 'ReplyError' })
}

function ofConnection(code: string, message: string = `connect ${code} 127.0.0.1:6379`): Error {
  return Object.assign(new Error(message), { code })
}

describe('an error of Redis', () => {
  it.each<[string, Error]>([
    ['REDIS_READONLY', reply("READONLY You can't write against a read only replica.")],
    ['REDIS_READONLY', reply('UNBLOCKED force unblock from blocking operation')],
    ['REDIS_OUT_OF_MEMORY', reply("OOM command not allowed when used memory > 'maxmemory'.")],
    [
      'REDIS_OUT_OF_MEMORY',
      reply('ERR Error running script (call to f_1): @user_script:12: -OOM command not allowed'),
    ],
    ['REDIS_BUSY', reply('BUSY Redis is busy running a script.')],
    ['REDIS_LOADING', reply('LOADING Redis is loading the dataset in memory')],
    ['REDIS_NOT_PERSISTING', reply('MISCONF Redis is configured to save RDB snapshots')],
    ['REDIS_NO_REPLICAS', reply('NOREPLICAS Not enough good replicas to write.')],
    ['REDIS_TIMEOUT', new Error('Command timed out')],
    ['REDIS_TIMEOUT', ofConnection('ETIMEDOUT', 'connect ETIMEDOUT')],
    ['REDIS_UNREACHABLE', ofConnection('ECONNREFUSED')],
    ['REDIS_UNREACHABLE', ofConnection('ECONNRESET', 'read ECONNRESET')],
    ['REDIS_UNREACHABLE', ofConnection('ECONNREFUSED', '')],
    ['REDIS_UNREACHABLE', new Error('Connection is closed.')],
    ['REDIS_FAILED', reply('NOPERM this user has no permissions')],
    ['REDIS_FAILED', reply('BUSYGROUP Consumer Group name already exists')],
  ])('is %s: %s', (code, error) => {
    const known = redisError('enqueue', error)
    expect(known).toBeInstanceOf(InfrastructureError)
    expect(known).toMatchObject({ code, cause: error, hint: expect.stringMatching(/\w/) })
    expect(isOfRedis(error)).toBe(true)
    expect(isPassing(known)).toBe(code !== 'REDIS_FAILED')
  })

  it('says what was being done and what the server said', () => {
    const { message } = redisError('cancel run 1', reply('BUSY Redis is busy running a script.'))
    expect(message).toBe('Cannot cancel run 1: Redis: BUSY Redis is busy running a script.')
  })

  it('that only says that the connection is gone says what the connection said', () => {
    const gone = Object.assign(
      new Error('Reached the max retries per request limit (which is 3).'),
      {
        name: 'MaxRetriesPerRequestError',
      },
    )
    const refused = redisError('list runs', gone, ofConnection('ECONNREFUSED'))
    expect(refused.code).toBe('REDIS_UNREACHABLE')
    expect(refused.message).toContain('ECONNREFUSED')
    const silent = new Error('Socket timeout. Expecting data')
    expect(redisError('list runs', gone, silent).code).toBe('REDIS_TIMEOUT')
    const late = new Error('Command timed out')
    expect(redisError('list runs', late, ofConnection('ECONNREFUSED')).code).toBe(
      'REDIS_UNREACHABLE',
    )
  })

  it('is none of ours, and no mistake in a program', () => {
    const ours = new UsageError('UNKNOWN_PARAM', 'no such param')
    expect(redisError('enqueue', ours)).toBe(ours)
    expect(isOfRedis(ours)).toBe(false)
    expect(isOfRedis(new TypeError('x is not a function'))).toBe(false)
    expect(isOfRedis(new Error('anything'))).toBe(false)
  })
})
