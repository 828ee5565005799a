import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

import { ensurePythonPackage, pythonProgram } from 'pipewright/embedded'
import { vi } from 'vitest'
import * as z from 'zod'

import { root } from '../source-file.ts'

/** A server with one bucket, and how to get in. */
export interface BucketServer {
  /** Of the bucket, such as `s3://bucket`. */
  readonly address: string
  /** An entry of `credentials.yml`. */
  readonly credentials: Readonly<Record<string, unknown>>
  close(): Promise<void>
}

/** Starts the server that speaks the language of a scheme: `s3`, `gs` or `az`. Installs it when it is not there. */
export async function startBucketServer(scheme: 's3' | 'gs' | 'az'): Promise<BucketServer> {
  return { s3: startS3, gs: startGcs, az: startAzure }[scheme]()
}

/** A server that is there already: `{"address":"s3://bucket/tests","credentials":{…}}`. What lies there may be lost. */
const Given = z.object({
  address: z.string().startsWith('s3://'),
  credentials: z.record(z.string(), z.unknown()),
})

async function startS3(): Promise<BucketServer> {
  const given = process.env['PIPEWRIGHT_TEST_S3']
  if (given !== undefined)
    return { ...Given.parse(JSON.parse(given)), close: async () => undefined }
  const port = await freePort()
  const program = await pythonTool('moto', 'moto[s3,server]==5.2.5', 'moto_server')
  const close = await start(port, program, ['-H', '127.0.0.1', '-p', String(port)])
  const endpoint_url = `http://127.0.0.1:${port}`
  await fetch(`${endpoint_url}/bucket`, { method: 'PUT' })
  const credentials = { key: 'AKIA-OF-TESTS', secret: 'secret-of-tests', endpoint_url }
  return { address: 's3://bucket', credentials, close }
}

async function startGcs(): Promise<BucketServer> {
  const port = await freePort()
  const tool = 'gcp-storage-emulator'
  const program = await pythonTool(tool, `${tool}==2026.7.19`, tool)
  const settings = [`--port=${port}`, '--host=127.0.0.1', '--in-memory', '--default-bucket=bucket']
  const close = await start(port, program, ['start', ...settings])
  const credentials = { token: 'anon', endpoint_url: `http://127.0.0.1:${port}` }
  return { address: 'gs://bucket', credentials, close }
}

/** The account that Microsoft's emulator has, as its documentation tells. */
const account = 'devstoreaccount1'
const accountKey =
  'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=='

async function startAzure(): Promise<BucketServer> {
  const port = await freePort()
  const settings = ['--inMemoryPersistence', '--blobHost', '127.0.0.1', '--blobPort', String(port)]
  const quiet = ['--skipApiVersionCheck', '--disableTelemetry', '--silent']
  const command = ['-y', '-p', 'azurite@3.37.0', 'azurite-blob', ...settings, ...quiet]
  const close = await start(port, 'npx', command)
  const endpoint = `http://127.0.0.1:${port}/${account}`
  const connection_string = `DefaultEndpointsProtocol=http;AccountName=${account};AccountKey=${accountKey};BlobEndpoint=${endpoint};`
  const { BlobServiceClient } = await import('@azure/storage-blob')
  await BlobServiceClient.fromConnectionString(connection_string)
    .getContainerClient('bucket')
    .create()
  return { address: 'az://bucket', credentials: { connection_string }, close }
}

/** A program of a Python package, in an environment apart from that of the tests. */
async function pythonTool(name: string, requirement: string, program: string): Promise<string> {
  vi.stubEnv('PIPEWRIGHT_PYTHON_ENV', join(root, '.pipewright', 'buckets'))
  try {
    const wanted = { name, requirements: [requirement], announcement: `installing ${name}` }
    return pythonProgram(await ensurePythonPackage(wanted, { root }), program)
  } finally {
    vi.unstubAllEnvs()
  }
}

/** Starts a server and waits until it answers; gives what ends it. */
async function start(
  port: number,
  program: string,
  settings: readonly string[],
): Promise<() => Promise<void>> {
  // A group of its own: npx starts what it runs as a child.
  const child = spawn(program, settings, { cwd: tmpdir(), stdio: 'ignore', detached: true })
  const close = async (): Promise<void> => await end(child)
  while (child.exitCode === null) {
    const answered = await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined)
    if (answered !== undefined) return close
    await wait(100)
  }
  throw new Error(`${program} ended with ${child.exitCode}`)
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
  const exited = once(child, 'exit')
  process.kill(-child.pid, 'SIGTERM')
  await exited
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  // It listens on a port, not on a pipe.
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}
