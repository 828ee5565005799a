import { inspect } from 'node:util'

import { describe, expect, it } from 'vitest'

import { noAnswer, unreadable } from './no-answer.ts'
import { refusal } from './refusal.ts'
import type { Identity } from './target.ts'

const json = (error_code: string, message = ''): string => JSON.stringify({ error_code, message })

describe('an answer of MLflow', () => {
  it.each([
    [400, json('INVALID_PARAMETER_VALUE'), 'MLFLOW_REFUSED', false, false],
    [404, json('RESOURCE_DOES_NOT_EXIST'), 'MLFLOW_REFUSED', false, false],
    [404, '<html>no such page</html>', 'MLFLOW_NOT_FOUND', true, false],
    [401, '', 'MLFLOW_DENIED', true, false],
    [403, 'Invalid Host header', 'MLFLOW_DENIED', true, false],
    [400, 'The plain HTTP request was sent to HTTPS port', 'MLFLOW_NOT_FOUND', true, false],
    [302, '<html>log in</html>', 'MLFLOW_REDIRECTED', true, false],
    [413, '<html>too large</html>', 'MLFLOW_REFUSED', false, false],
    [501, 'not here', 'MLFLOW_REFUSED', false, false],
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
    expect(refusal({ what: 'POST runs/create', status, body })).toMatchObject({
      code,
      retryable,
      ambiguous,
      status,
    })
  })
})

it('a page is told by its words', () => {
  const page =
    '<!DOCTYPE html><html><head><style>p { color: red }</style><title>502 Bad Gateway</title></head><body><p>nginx</p></body></html>'
  expect(refusal({ what: 'POST runs/create', status: 502, body: page }).message).toBe(
    'MLflow answered POST runs/create with 502: 502 Bad Gateway nginx',
  )
  expect(unreadable('POST runs/create', page, new SyntaxError('Unexpected token <')).message).toBe(
    'MLflow’s answer to POST runs/create cannot be read: it is no JSON: 502 Bad Gateway nginx',
  )
})

it('a redirection is told by its address, without what log-in pages are given', () => {
  const { message, pauses } = refusal({
    what: 'POST runs/create',
    status: 302,
    body: '',
    location: 'https://u:p@login.example/start?code=secret#x',
  })
  expect(message).toContain('sends the request to https://login.example/start')
  expect(message).not.toMatch(/secret|u:p/)
  expect(pauses).toBe(true)
})

describe('a server that lets nobody in', () => {
  const user: Identity = { by: 'user', user: 'ann', from: 'variables' }
  it.each<[number, string, Identity, RegExp]>([
    [401, '', { by: 'nothing' }, /^No credentials are set: set MLFLOW_TRACKING_USERNAME/],
    [401, '', user, /does not accept the user "ann" with this password: correct MLFLOW_/],
    [401, '', { ...user, from: 'uri' }, /the user "ann" of the tracking URI: correct it there/],
    [401, '', { by: 'token' }, /MLFLOW_TRACKING_TOKEN, which may have expired/],
    [401, '', { by: 'headers' }, /request_header_provider/],
    [403, 'Permission denied', user, /Give the user "ann" the permission EDIT on the experiment/],
    [403, 'Invalid Host header', user, /--allowed-hosts/],
  ])('%i %j to %o: says what to set', (status, body, identity, hint) => {
    const error = refusal({ what: 'POST runs/create', status, body, identity })
    expect(error.hint).toMatch(hint)
    expect(error).toMatchObject({ pauses: true, retryable: true })
  })
})

it.each([
  ['POST runs/create', false],
  ['GET experiments/get-by-name', false],
  ['POST runs/log-batch', false],
  ['POST runs/log-inputs', true],
  ['PUT /api/2.0/mlflow-artifacts/artifacts/1/a', true],
  ['POST registered-models/create', true],
])('%s is for something beside the record: %s', (what, aside) => {
  expect(refusal({ what, status: 403, body: '' }).aside).toBe(aside)
  expect(refusal({ what, status: 404, body: '<html>' }).aside).toBe(aside)
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

it.each([
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'MLFLOW_TLS_FAILED'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'MLFLOW_TLS_FAILED'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'MLFLOW_TLS_FAILED'],
  ['EPROTO', 'MLFLOW_TLS_FAILED'],
  ['ERR_INVALID_CHAR', 'MLFLOW_ACCESS_FAILED'],
])('%s pauses recording, and nothing was carried out: %s', (code, expected) => {
  const error = noAnswer('POST runs/create', Object.assign(new Error(code), { code }))
  expect(error).toMatchObject({ code: expected, pauses: true, ambiguous: false })
})

it('what a log prints of an error holds no credentials', () => {
  const cause = Object.assign(new Error('socket hang up'), {
    code: 'ECONNRESET',
    config: { headers: { authorization: 'Basic c2VjcmV0' } },
  })
  expect(inspect(noAnswer('POST runs/create', cause), { depth: 10 })).not.toContain('c2VjcmV0')
})

function waitOf(retryAfter: string): number | undefined {
  return refusal({ what: 'POST runs/create', status: 429, body: '', retryAfter }).retryAfter
}
