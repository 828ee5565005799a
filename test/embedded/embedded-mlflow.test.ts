import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { openMlflow, stopEmbeddedMlflow } from 'pipewright/embedded'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'

import { MLFLOW_TIMEOUT_MS } from '../support/mlflow.ts'

let root: string

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'pipewright-mlflow-'))
})
afterEach(() => vi.unstubAllEnvs())
afterAll(async () => {
  await stopEmbeddedMlflow(root)
  await rm(root, { recursive: true, force: true })
})

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      // a TCP server's address is never a path
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}

function answers(uri: string): Promise<boolean> {
  return fetch(`${uri}/health`).then(
    ({ ok }) => ok,
    () => false,
  )
}

it('takes MLFLOW_TRACKING_URI as it is and starts nothing', async () => {
  vi.stubEnv('MLFLOW_TRACKING_URI', 'https://mlflow.example')
  const mlflow = openMlflow({ root })
  expect(await mlflow.ready).toEqual({ uri: 'https://mlflow.example', source: 'environment' })
  await mlflow.close()
})

it(
  'starts one server for its users, stops with the last, and comes back on the same port with its data',
  async () => {
    const port = await freePort()
    const [first, second] = [openMlflow({ root, port }), openMlflow({ root, port })]
    const [{ uri }, shared] = await Promise.all([first.ready, second.ready])
    expect(uri).toBe(`http://127.0.0.1:${port}`)
    expect(shared.uri).toBe(uri)
    const database = await readFile(join(root, '.pipewright/mlflow/mlflow.db'))
    // Bytes 18 and 19 of an SQLite file: 2 means a write-ahead log.
    expect([...database.subarray(18, 20)]).toEqual([2, 2])
    const created = await fetch(`${uri}/api/2.0/mlflow/experiments/create`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'kept' }),
    })
    expect(created.status).toBe(200)
    await first.close()
    expect(await answers(uri)).toBe(true)
    await second.close()
    expect(await answers(uri)).toBe(false)

    const later = openMlflow({ root })
    expect((await later.ready).uri).toBe(uri)
    const search = `${uri}/api/2.0/mlflow/experiments/get-by-name?experiment_name=kept`
    expect((await fetch(search)).status).toBe(200)
    await later.close({ keep: true })
    expect(await answers(uri)).toBe(true)
    expect(await stopEmbeddedMlflow(root)).toBe(true)
    expect(await answers(uri)).toBe(false)
  },
  MLFLOW_TIMEOUT_MS,
)

it(
  'ends a start in its middle when it is closed',
  async () => {
    const mlflow = openMlflow({ root })
    await vi.waitFor(
      async () => {
        const state = JSON.parse(await readFile(join(root, '.pipewright/mlflow.json'), 'utf8'))
        expect(state.users).toHaveLength(1)
        expect(state.identity).not.toBeNull()
      },
      { timeout: 30_000 },
    )
    await mlflow.close()
    await expect(mlflow.ready).rejects.toThrow('closed before it was ready')
    expect(await stopEmbeddedMlflow(root)).toBe(false)
  },
  MLFLOW_TIMEOUT_MS,
)
