import { describe, expect, it } from 'vitest'

import { noAnswer, refusal } from './failure.ts'

const json = (error_code: string, message = ''): string => JSON.stringify({ error_code, message })

describe('an answer of MLflow', () => {
  it.each([
    [400, json('INVALID_PARAMETER_VALUE'), 'MLFLOW_REFUSED', false, false],
    [404, json('RESOURCE_DOES_NOT_EXIST'), 'MLFLOW_REFUSED', false, false],
    [404, '<html>no such page</html>', 'MLFLOW_NOT_FOUND', true, false],
    [401, '', 'MLFLOW_DENIED', true, false],
    [403, 'Invalid Host header', 'MLFLOW_DENIED', true, false],
    [408, '', 'MLFLOW_BUSY', true, false],
    [429, '', 'MLFLOW_BUSY', true, false],
    [500, '', 'MLFLOW_BUSY', true, true],
    [503, '<html>', 'MLFLOW_BUSY', true, true],
    [
      503,
      'Endpoint disabled due to the mlflow server running in `--no-serve-artifacts` mode',
      'MLFLOW_REFUSED',
      false,
      false,
    ],
    [
      400,
      json('BAD_REQUEST', 'QueuePool limit of size 5 overflow 10 reached'),
      'MLFLOW_BUSY',
      true,
      true,
    ],
    [
      400,
      json('BAD_REQUEST', '(sqlite3.OperationalError) database is locked'),
      'MLFLOW_BUSY',
      true,
      true,
    ],
  ])('%i %s is %s', (status, body, code, retryable, ambiguous) => {
    expect(refusal('POST runs/create', status, body)).toMatchObject({
      code,
      retryable,
      ambiguous,
      status,
    })
  })
})

it('an answer may say how long to wait, in seconds or as a date', () => {
  expect(waitOf('3')).toBe(3000)
  expect(waitOf(new Date(Date.now() + 60_000).toUTCString())).toBeGreaterThan(50_000)
  expect(waitOf(new Date(0).toUTCString())).toBeUndefined()
  expect(waitOf('soon')).toBeUndefined()
})

describe('no answer', () => {
  it.each([
    ['ECONNREFUSED', false],
    ['ENOTFOUND', false],
    ['ECONNRESET', true],
    ['ETIMEDOUT', true],
    ['ERR_CANCELED', true],
  ])('%s may mean that the request was carried out: %s', (code, ambiguous) => {
    const error = noAnswer('POST runs/create', Object.assign(new Error(code), { code }))
    expect(error).toMatchObject({ code: 'MLFLOW_UNREACHABLE', retryable: true, ambiguous })
  })
})

function waitOf(retryAfter: string): number | undefined {
  return refusal('POST runs/create', 429, '', retryAfter).retryAfter
}
