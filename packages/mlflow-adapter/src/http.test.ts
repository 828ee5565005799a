import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { Http } from './http.ts'
import { getExperimentByName } from './rest/experiments.ts'

async function call(uri: string, env: Readonly<Record<string, string>> = {}): Promise<unknown> {
  const http = new Http({ uri, timeout: 5000, inFlight: 4, access: { variables: () => env } })
  const answer = await http.call(getExperimentByName, { experiment_name: 'a b' })
  http.close()
  return answer
}

function basic(text: string): string {
  return `Basic ${Buffer.from(text).toString('base64')}`
}

describe('a call', () => {
  let server: Server
  let host: string
  let asked: { url: string | undefined; authorization: string | undefined }[]

  beforeEach(async () => {
    asked = []
    server = createServer((request, response) => {
      asked.push({ url: request.url, authorization: request.headers.authorization })
      response.end('{"experiment":{"experiment_id":"1","name":"x","future_field":true}}')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    // a TCP server's address is never a path
    host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterEach(() => {
    server.closeAllConnections()
    server.close()
  })

  it('keeps the path of the tracking URI and passes over fields that it does not know', async () => {
    expect(await call(`http://${host}/mlflow/`)).toEqual({
      experiment: {
        experiment_id: '1',
        name: 'x',
        artifact_location: '',
        lifecycle_stage: 'active',
        tags: [],
      },
    })
    expect(asked[0]?.url).toMatch(
      /^\/mlflow\/api\/2\.0\/mlflow\/experiments\/get-by-name\?experiment_name=a(\+|%20)b$/,
    )
  })

  it('carries the credentials of the environment, or those of the URI', async () => {
    await call(`http://${host}`)
    await call(`http://${host}`, { MLFLOW_TRACKING_TOKEN: 'token' })
    await call(`http://${host}`, {
      MLFLOW_TRACKING_USERNAME: 'user',
      MLFLOW_TRACKING_PASSWORD: 'pass',
    })
    await call(`http://user:p%40ss@${host}`)
    expect(asked.map(({ authorization }) => authorization)).toEqual([
      undefined,
      'Bearer token',
      basic('user:pass'),
      basic('user:p@ss'),
    ])
  })
})
