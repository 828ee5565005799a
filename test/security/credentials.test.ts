import { once } from 'node:events'
import { cp, mkdtemp, readdir, readFile, rm, writeFile, mkdir } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { connect, type Client } from '@pipewright/engine/client'
import { startAdapter } from '@pipewright/mlflow-adapter'
import type { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { drained, newLedger, type TestLedger } from '../adapter/test-ledger.ts'
import { MLFLOW_TIMEOUT_MS } from '../support/mlflow.ts'
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts'
import { careless, closed, denied, honest } from './project/pipelines.ts'
import { encodings, findSecrets, plant } from './secrets.ts'

const fixture = join(import.meta.dirname, 'project')
const planted = plant(50)
/** The n-th secret as it stands in the file; those from 30 on come from the environment. */
const secret = (index: number): string =>
  index < 30 ? JSON.stringify(planted[index]) : `"\${oc.env:PLANTED_${index}}"`
const environment = Object.fromEntries(
  planted.slice(30).map((value, index) => [`PLANTED_${index + 30}`, value]),
)

let ledger: TestLedger
let root = ''
let server: Server
let client: Client
let worker: WorkerProcess
/** What was said to the servers, to see that the secrets were used at all. */
const heard: string[] = []
const commands = new Set<string>()

beforeAll(async () => {
  ledger = await newLedger('secrets')
  root = await mkdtemp(join(tmpdir(), 'pipewright-secrets-'))
  server = createServer((request, response) => {
    heard.push(`${request.url} ${JSON.stringify(request.rawHeaders)}`)
    const isOpen = request.url?.startsWith('/open/') === true
    // A server that repeats what it was told, as some do.
    response.writeHead(isOpen ? 200 : 403)
    response.end(isOpen ? 'content' : `denied: ${request.url} ${request.headers.authorization}`)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  await writeProject(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  const { prefix } = ledger
  const { redis } = ledger.options
  client = await connect({ redis, prefix })
  worker = await startWorkerProcess({
    root,
    redis,
    prefix,
    name: 'keeper',
    threads: 1,
    env: environment,
  })
}, MLFLOW_TIMEOUT_MS)

afterAll(async () => {
  await worker?.kill()
  await client?.close()
  await ledger?.close()
  server?.close()
  await rm(root, { recursive: true, force: true })
})

/** An entry of the catalog. */
function text(name: string, filepath: string, credentials?: string): string {
  const key = credentials === undefined ? '' : `, credentials: ${credentials}`
  return `${name}: { type: text, filepath: ${JSON.stringify(filepath)}${key} }`
}

async function writeProject(origin: string): Promise<void> {
  await cp(fixture, root, { recursive: true })
  const config = JSON.stringify(join(fixture, 'pipewright.config.ts'))
  await writeFile(join(root, 'pipewright.config.ts'), `export { default } from ${config}\n`)
  await mkdir(join(root, 'conf/local'), { recursive: true })
  const signed = encodeURIComponent(planted[0] ?? '')
  await writeFile(
    join(root, 'conf/base/catalog.yml'),
    [
      text('web_basic', `${origin}/open/basic.txt`, 'basic'),
      text('web_token', `${origin}/open/token.txt`, 'bearer'),
      text('web_headers', `${origin}/open/headers.txt`, 'headers'),
      text('web_signed', `${origin}/open/signed.txt?sig=${signed}`),
      text('denied_basic', `${origin}/closed/basic.txt`, 'basic'),
      text('denied_token', `${origin}/closed/token.txt`, 'bearer'),
      text('denied_signed', `${origin}/closed/signed.txt?sig=${signed}`),
      text('denied_s3', 's3://bucket/key.txt', 's3'),
      text('denied_s3_session', 's3://bucket/key.txt', 's3_session'),
      text('denied_gcs', 'gs://bucket/key.txt', 'gcs'),
      text('denied_azure', 'az://container/key.txt', 'azure'),
      text('denied_azure_sas', 'az://container/key.txt', 'azure_sas'),
      text('misspelt', 's3://bucket/key.txt', 'misspelt'),
      text('no_key_file', 'gs://bucket/key.txt', 'no_key_file'),
      'never: { type: text, filepath: data/never.txt }',
      'told: { type: text, filepath: data/told.txt }',
    ].join('\n'),
  )
  await writeFile(join(root, 'conf/base/pipewright.yml'), 'network: { allow: [127.0.0.1] }\n')
  const key = Buffer.from(planted[20] ?? '').toString('base64')
  await writeFile(
    join(root, 'conf/local/credentials.yml'),
    `
basic: { username: ${secret(1)}, password: ${secret(30)} }
bearer: { token: ${JSON.stringify(planted[2]?.replaceAll(/[^\x21-\x7e]/g, ''))} }
headers: { headers: { X-Api-Key: ${JSON.stringify(planted[4])}, X-Other: ${JSON.stringify(planted[6])} } }
s3: { key: ${secret(8)}, secret: ${secret(31)}, endpoint_url: ${origin} }
s3_session:
  client_kwargs:
    { aws_access_key_id: ${secret(32)}, aws_secret_access_key: ${secret(9)}, aws_session_token: ${secret(10)}, endpoint_url: ${origin} }
gcs: { token: anon, endpoint_url: ${origin}, project: ${secret(12)} }
azure: { connection_string: "DefaultEndpointsProtocol=http;BlobEndpoint=${origin}/acme;AccountName=acme;AccountKey=${key};" }
azure_sas: { account_name: acme, sas_token: "sv=2024&sig=${encodeURIComponent(planted[14] ?? '')}", endpoint_url: ${origin}/acme }
misspelt: { key: ${secret(16)}, sekret: ${secret(33)} }
no_key_file: { token: ${JSON.stringify(`/nowhere/${planted[18]}.json`)} }
db: { con: "postgresql://app:${encodeURIComponent(planted[22] ?? '')}@db/prices" }
rest:
${planted.map((_, index) => `  secret_${index}: ${secret(index)}`).join('\n')}
`,
  )
}

/** All that Redis holds of this test. */
async function redisText(redis: Redis, prefix: string): Promise<string> {
  const texts: string[] = []
  for await (const names of redis.scanStream({
    match: `${prefix.replaceAll(/[{}[\]?*]/g, '\\$&')}*`,
    count: 1000,
  }))
    for (const name of names as string[]) texts.push(name, await valueText(redis, name))
  return texts.join('\n')
}

async function valueText(redis: Redis, name: string): Promise<string> {
  switch (await redis.type(name)) {
    case 'string':
      return (await redis.getBuffer(name))?.toString('utf8') ?? ''
    case 'hash':
      return JSON.stringify(await redis.hgetall(name))
    case 'list':
      return (await redis.lrange(name, 0, -1)).join('\n')
    case 'set':
      return (await redis.smembers(name)).join('\n')
    case 'zset':
      return (await redis.zrange(name, '0', '-1')).join('\n')
    case 'stream':
      return JSON.stringify(await redis.xrange(name, '-', '+'))
    default:
      return ''
  }
}

/** All that MLflow holds of this test: runs, what they read, and their artifacts. */
async function mlflowTexts(): Promise<Readonly<Record<string, string>>> {
  const { seen } = ledger
  const runs = await seen.runs()
  const artifacts = await Promise.all(
    runs.map(async ({ id }) => {
      const paths = await seen.artifacts(id)
      return Promise.all(paths.map(async (path) => `${path}\n${await seen.artifact(id, path)}`))
    }),
  )
  const inputs = await Promise.all(runs.map(async ({ id }) => seen.inputs(id)))
  return {
    'runs of MLflow': runs.map((run) => JSON.stringify(run)).join('\n'),
    'inputs of MLflow': JSON.stringify(inputs),
    artifacts: artifacts.flat().join('\n'),
  }
}

/** Files of the project but its configuration: the store and what is published. */
async function filesText(): Promise<string> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true })
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !file.startsWith(join(root, 'conf')))
  const texts = await Promise.all(files.map(async (file) => [file, await readFile(file, 'utf8')]))
  return texts.flat().join('\n')
}

/** Command lines of all processes, as anybody on the machine can list them. */
async function listProcesses(): Promise<void> {
  const ids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name))
  for (const id of ids) commands.add(await readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => ''))
}

it('the search finds each encoding of each secret', () => {
  const all = planted.flatMap((each) =>
    Object.values(encodings).map((encode) => `<${encode(each)}>`),
  )
  const found = findSecrets(planted, { here: all.join('\n') })
  expect(found).toHaveLength(planted.length * Object.keys(encodings).length)
  expect(Object.keys(encodings)).toHaveLength(12)
})

describe('of 50 planted credentials, in 12 encodings', () => {
  it('none is found in Redis, MLflow, logs, artifacts, files and process lists', async () => {
    const runs = await Promise.all(
      [honest, careless, ...denied].map(async (pipeline) => client.enqueue(pipeline)),
    )
    const ends = []
    for (const run of runs) {
      const waiting = run.wait({ timeout: 40_000 })
      await listProcesses()
      ends.push(await waiting)
    }
    expect(ends.map(({ status }) => status)).toEqual([
      'succeeded',
      ...[careless, ...denied].map(() => 'failed'),
    ])
    // They were in use: servers that were to hear them have.
    for (const index of [0, 4, 6])
      expect(heard.join('\n')).toContain(encodeURIComponent(planted[index] ?? ''))
    const adapter = await startAdapter(ledger.options)
    await drained(adapter)
    await adapter.stop()
    await worker.kill()
    const redis = await redisText(ledger.redis, ledger.prefix)
    const mlflow = await mlflowTexts()
    const log = worker.log.join('\n')
    // Each place has something to say, so it is the right one.
    expect(redis).toContain('refuses it with 403')
    expect(mlflow['runs of MLflow']).toContain('read_denied_basic')
    expect(log).toContain('signing in with ***')
    for (const name of closed) expect(redis).toContain(`read_${name}`)
    const places = {
      Redis: redis,
      ...mlflow,
      log,
      files: await filesText(),
      processes: [...commands].join('\n'),
    }
    expect(findSecrets(planted, places)).toEqual([])
  }, 180_000)
})
