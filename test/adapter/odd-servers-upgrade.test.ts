import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

import { startAdapter } from '@pipewright/mlflow-adapter'
import { ensurePythonPackage, pythonProgram } from 'pipewright/embedded'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { mlflow, MLFLOW_TIMEOUT_MS } from '../support/mlflow.ts'
import { testSetting } from '../support/test-setting.ts'
import { expectEqual } from './equality.ts'
import { HandMadeRun, handMadePlan } from './hand-made-run.ts'
import { newLedger } from './test-ledger.ts'
import { SeenServer } from './tracking-server.ts'

const run = promisify(execFile)
const older = '3.12.0'
const budget = 400_000

/** It installs a second MLflow and starts three servers: a minute of two cores, so only where it is asked for. */
const isAsked = process.env['PIPEWRIGHT_TEST_UPGRADE'] === '1'

describe.skipIf(!isAsked)(`a server of MLflow ${older} that is upgraded in mid-run`, () => {
  let folder: string
  let environment: string
  let port: number
  let server: ChildProcess | undefined

  beforeAll(async () => {
    await mlflow()
    folder = await mkdtemp(join(tmpdir(), 'pipewright-upgrade-'))
    const root = testSetting('PIPEWRIGHT_TEST_ROOT')
    environment = await ensurePythonPackage(
      { name: 'MLflow-auth', requirements: ['Flask-WTF==1.2.2'], announcement: '' },
      { root },
    )
    const packages = ['mlflow', 'mlflow-skinny', 'mlflow-tracing'].map(
      (name) => `${name}==${older}`,
    )
    const python = pythonProgram(environment, 'python')
    const target = ['--target', join(folder, 'older'), '--python', python, '--no-deps']
    await run(pythonProgram(environment, 'uv'), ['pip', 'install', ...target, ...packages])
    port = await freePort()
  }, MLFLOW_TIMEOUT_MS)
  afterAll(async () => {
    await stop()
    await rm(folder, { recursive: true, force: true })
  })

  const database = (): string => `sqlite:///${join(folder, 'mlflow.db')}`

  async function serve(environmentOfVersion: NodeJS.ProcessEnv): Promise<string> {
    const uri = `http://127.0.0.1:${port}`
    server = spawn(
      pythonProgram(environment, 'mlflow'),
      [
        'server',
        '--host=127.0.0.1',
        `--port=${port}`,
        '--workers=1',
        `--backend-store-uri=${database()}`,
        `--artifacts-destination=${join(folder, 'artifacts')}`,
      ],
      {
        cwd: folder,
        detached: true,
        stdio: 'ignore',
        env: {
          ...process.env,
          MLFLOW_SERVER_ENABLE_JOB_EXECUTION: 'false',
          ...environmentOfVersion,
        },
      },
    )
    for (let tries = 0; tries < 3000; tries++) {
      // oxlint-disable-next-line no-await-in-loop -- asked until it answers
      const version = await fetch(`${uri}/version`).then(
        (answer) => answer.text(),
        () => undefined,
      )
      if (version !== undefined) return version
      // oxlint-disable-next-line no-await-in-loop
      await sleep(100)
    }
    throw new Error('it does not answer')
  }

  async function stop(): Promise<void> {
    const running = server
    if (running?.pid === undefined || running.exitCode !== null) return
    const ended = new Promise((resolve) => running.once('exit', resolve))
    process.kill(-running.pid, 'SIGKILL')
    await ended
    server = undefined
  }

  it(
    'is recorded to its end, once, and whole',
    async () => {
      expect(await serve({ PYTHONPATH: join(folder, 'older') })).toBe(older)
      const ledger = await newLedger('upgrade', { mlflow: `http://127.0.0.1:${port}` })
      const adapter = await startAdapter(ledger.options)
      const plan = handMadePlan('upgraded', [{ name: 'first' }, { name: 'second' }])
      const told = new HandMadeRun(ledger.redis, ledger.prefix, plan, { seed: 1 })
      await told.submit()
      await told.end('first', {
        metrics: [['f1', 1, 0, told.createdAt + 1]],
        finalMetrics: { f1: 1 },
      })
      expect(await adapter.drain({ timeout: 60_000 })).toBe(true)
      await stop()
      await told.end('second')
      await told.finish('succeeded')
      await run(pythonProgram(environment, 'mlflow'), ['db', 'upgrade', database()])
      expect(await serve({})).not.toBe(older)
      expect(await adapter.drain({ timeout: 60_000 })).toBe(true)
      const seen = new SeenServer(`http://127.0.0.1:${port}`, ledger.options.experiment)
      expect((await expectEqual(seen, told, 'FINISHED')).all).toHaveLength(3)
      expect((await adapter.status()).deadLetters).toBe(0)
      await adapter.stop()
      await ledger.close()
    },
    budget,
  )
})

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
