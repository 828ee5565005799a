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
