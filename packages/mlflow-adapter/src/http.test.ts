import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { Http } from './http.ts'
import { getExperimentByName } from './rest/experiments.ts'
import { searchRegisteredModels } from './rest/registry.ts'

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
  let status: number
  let asked: { url: string | undefined; authorization: string | undefined }[]

  beforeEach(async () => {
    asked = []
    status = 200
    server = createServer((request, response) => {
      asked.push({ url: request.url, authorization: request.headers.authorization })
      response.statusCode = status
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

  it('goes to the server of the registry when it is about registered models', async () => {
    const http = new Http({
      uri: `http://${host}/tracking`,
      registryUri: `http://ann:pass@${host}/registry`,
      timeout: 5000,
      inFlight: 4,
      access: { variables: () => ({}), headers: () => ({ 'x-team': 'a' }) },
    })
    await http.call(searchRegisteredModels, { max_results: 1 })
    await http.call(getExperimentByName, { experiment_name: 'x' })
    http.close()
    expect(asked).toMatchObject(
      [
        {
          url: /^\/registry\/api\/2.0\/mlflow\/registered-models\/search/,
          authorization: basic('ann:pass'),
        },
        {
          url: /^\/tracking\/api\/2.0\/mlflow\/experiments\/get-by-name/,
          authorization: undefined,
        },
      ].map(({ url, authorization }) => ({
        url: expect.stringMatching(url) as unknown,
        authorization,
      })),
    )
  })

  it('carries what was found anew after the server refused what it was shown', async () => {
    let token = 'old\n'
    const http = new Http({
      uri: `http://${host}`,
      timeout: 5000,
      inFlight: 4,
      access: { variables: () => ({ MLFLOW_TRACKING_TOKEN: token }) },
    })
    const ask = (): Promise<unknown> => http.call(getExperimentByName, { experiment_name: 'x' })
    await ask()
    token = 'new'
    await ask()
    status = 401
    await expect(ask()).rejects.toMatchObject({ code: 'MLFLOW_DENIED' })
    status = 200
    await ask()
    http.close()
    const shown = asked.map(({ authorization }) => authorization)
    expect(shown).toEqual(['Bearer old', 'Bearer old', 'Bearer old', 'Bearer new'])
  })
})
