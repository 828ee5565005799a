import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { ensurePythonPackage, pythonProgram } from 'pipewright/embedded'

import { mlflow } from '../support/mlflow.ts'
import { testSetting } from '../support/test-setting.ts'

// MLflow's route for artifacts takes no password beyond ASCII
const admin = { user: 'admin', password: 'the admin own 1' }
const budget = 120_000
/** Of a database that is in use, with everything that is written. */
const copyDatabase =
  'import sqlite3, sys; sqlite3.connect(sys.argv[1]).backup(sqlite3.connect(sys.argv[2]))'

/** MLflow's own basic-auth app, with a database of its own. */
export interface AuthServer {
  readonly uri: string
  readonly admin: { readonly user: string; readonly password: string }
  /** Calls its API as the admin. */
  asAdmin(method: string, path: string, body: unknown): Promise<unknown>
  close(): Promise<void>
}

/**
 * Starts `mlflow server --app-name basic-auth`. What users may do is nothing, unless they are given more. Its database is
 * a copy of the shared server's, which spares the migrations of an empty one.
 */
export async function startAuthServer(): Promise<AuthServer> {
  await mlflow()
  const root = testSetting('PIPEWRIGHT_TEST_ROOT')
  const environment = await ensurePythonPackage(
    {
      name: 'MLflow-auth',
      requirements: ['Flask-WTF==1.2.2'],
      announcement: 'installing Flask-WTF',
    },
    { root },
  )
  const folder = await mkdtemp(join(tmpdir(), 'pipewright-auth-'))
  await mkdir(join(folder, 'artifacts'))
  await writeFile(join(folder, 'auth.ini'), iniOf(folder))
  const shared = join(root, '.pipewright', 'mlflow', 'mlflow.db')
  const database = join(folder, 'mlflow.db')
  if (process.env['PIPEWRIGHT_TEST_MLFLOW'] === undefined)
    await ended(pythonProgram(environment, 'python'), ['-c', copyDatabase, shared, database])
  const port = await freePort()
  const uri = `http://127.0.0.1:${port}`
  const log = join(folder, 'server.log')
  const output = openSync(log, 'w')
  const server = spawn(pythonProgram(environment, 'mlflow'), argumentsOf(folder, port), {
    cwd: folder,
    detached: true,
    stdio: ['ignore', output, output],
    env: {
      ...withoutMlflow(process.env),
      MLFLOW_AUTH_CONFIG_PATH: join(folder, 'auth.ini'),
      MLFLOW_FLASK_SERVER_SECRET_KEY: 'of this test alone',
      MLFLOW_SERVER_ENABLE_JOB_EXECUTION: 'false',
      MLFLOW_DISABLE_TELEMETRY: 'true',
    },
  })
  closeSync(output)
  const stopped = new Promise<void>((resolve) => server.once('exit', () => resolve()))
  const kill = (): void => {
    if (server.pid !== undefined && server.exitCode === null) process.kill(-server.pid, 'SIGKILL')
  }
  process.once('exit', kill)
  if (!(await answers(uri, server))) throw new Error(await readFile(log, 'utf8'))
  return {
    uri,
    admin,
    asAdmin: (method, path, body) => call(uri, method, path, body),
    async close() {
      kill()
      await stopped
      process.off('exit', kill)
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function iniOf(folder: string): string {
  return [
    '[mlflow]',
    'default_permission = NO_PERMISSIONS',
    `database_uri = sqlite:///${join(folder, 'auth.db')}`,
    `admin_username = ${admin.user}`,
    `admin_password = ${admin.password}`,
    // a password takes as long to check as ten requests without one
    'auth_cache_ttl_seconds = 300',
    'authorization_function = mlflow.server.auth:authenticate_request_basic_auth',
    '',
  ].join('\n')
}

function argumentsOf(folder: string, port: number): string[] {
  return [
    'server',
    '--app-name=basic-auth',
    '--host=127.0.0.1',
    `--port=${port}`,
    '--workers=1',
    `--backend-store-uri=sqlite:///${join(folder, 'mlflow.db')}`,
    `--artifacts-destination=${join(folder, 'artifacts')}`,
  ]
}

function withoutMlflow(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(
      ([name]) => !name.startsWith('MLFLOW_') && name !== 'PYTHONDONTWRITEBYTECODE',
    ),
  )
}

async function answers(uri: string, server: ChildProcess): Promise<boolean> {
  const end = performance.now() + budget
  while (server.exitCode === null && performance.now() < end) {
    // oxlint-disable-next-line no-await-in-loop -- asked until it answers
    const isReady = await fetch(`${uri}/health`).then(
      ({ ok }) => ok,
      () => false,
    )
    if (isReady) return true
    // oxlint-disable-next-line no-await-in-loop
    await sleep(50)
  }
  return false
}

async function call(uri: string, method: string, path: string, body: unknown): Promise<unknown> {
  const authorization = `Basic ${Buffer.from(`${admin.user}:${admin.password}`).toString('base64')}`
  const answer = await fetch(`${uri}/api/${path}`, {
    method,
    headers: { authorization, 'content-type': 'application/json' },
    ...(method === 'GET' ? {} : { body: JSON.stringify(body) }),
  })
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
  return answer.json()
}

function ended(command: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    spawn(command, args, { stdio: 'inherit' }).once('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`${command} ended with ${code}`)),
    )
  })
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() =>
        resolve(typeof address === 'object' && address !== null ? address.port : 0),
      )
    })
  })
}
