import { observe } from '@pipewright/engine/internal'
import { startAdapter, type Adapter, type AdapterLog } from '@pipewright/mlflow-adapter'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { testProject, type TestProject } from '../cli/test-project.ts'
import { MLFLOW_TIMEOUT_MS } from '../support/mlflow.ts'
import { startAuthServer, type AuthServer } from './auth-server.ts'
import { startTlsFront, type TlsFront } from './auth-tls-front.ts'
import { HandMadeRun, handMadePlan } from './hand-made-run.ts'
import { drained, newLedger, type TestLedger } from './test-ledger.ts'

const plan = handMadePlan('guarded', [{ name: 'one' }])

let server: AuthServer
let ledger: TestLedger
let adapter: Adapter | undefined
let lines: string[]
/** What the adapter finds when it looks for credentials. */
let variables: Record<string, string>

beforeAll(async () => {
  server = await startAuthServer()
  await server.asAdmin('POST', '2.0/mlflow/users/create', {
    username: 'ann',
    password: 'the reader own 1',
  })
}, MLFLOW_TIMEOUT_MS)
afterAll(() => server.close())
beforeEach(async () => {
  lines = []
  variables = {}
  ledger = await newLedger('auth')
})
afterEach(async () => {
  await adapter?.stop()
  adapter = undefined
  await ledger.close()
})

const ann = {
  MLFLOW_TRACKING_USERNAME: 'ann',
  MLFLOW_TRACKING_PASSWORD: 'the reader own 1',
}

const write: AdapterLog['info'] = (_fields, message) => void lines.push(message)

async function start(
  options: {
    readonly uri?: string
    readonly tls?: object
    readonly headers?: () => Record<string, string>
  } = {},
): Promise<Adapter> {
  const { uri = server.uri, ...access } = options
  adapter = await startAdapter({
    ...ledger.options,
    longestDelay: 200,
    lease: 1500,
    tracking: { uri, access: { variables: () => variables, ...access } },
    log: { info: write, warn: write, error: write },
  })
  return adapter
}

async function tell(): Promise<HandMadeRun> {
  const run = new HandMadeRun(ledger.redis, ledger.prefix, plan)
  await run.submit()
  await run.end('one')
  await run.finish('succeeded')
  return run
}

async function paused(started: Adapter, code: string): Promise<void> {
  await expect
    .poll(async () => (await started.status()).problem?.code, { timeout: 20_000 })
    .toBe(code)
  expect((await started.status()).state).toBe('paused')
}

/** Drains, asserts that nothing became a dead letter, and returns the runs that are there. */
async function recorded(started: Adapter): Promise<readonly string[]> {
  await drained(started)
  expect(await started.status()).toMatchObject({ state: 'recording', deadLetters: 0 })
  const found = await server.asAdmin(
    'GET',
    `2.0/mlflow/experiments/get-by-name?experiment_name=${ledger.options.experiment}`,
    undefined,
  )
  const { experiment } = found as { experiment: { experiment_id: string } }
  const { runs } = (await server.asAdmin('POST', '2.0/mlflow/runs/search', {
    experiment_ids: [experiment.experiment_id],
  })) as { runs: { info: { status: string; run_name: string } }[] }
  return runs.map(({ info }) => `${info.run_name} ${info.status}`).toSorted()
}
const whole = ['guarded FINISHED', 'one FINISHED']

describe('a server with basic auth', () => {
  it('without credentials recording is paused, with one line that says what to set, and goes on when they are there', async () => {
    await tell()
    const started = await start()
    await paused(started, 'MLFLOW_DENIED')
    const observer = observe({
      redis: ledger.options.redis,
      prefix: ledger.prefix,
      group: 'mlflow',
    })
    await expect
      .poll(async () => (await observer.trouble.look())?.code, { timeout: 20_000 })
      .toBe('MLFLOW_DENIED')
    variables = { MLFLOW_TRACKING_USERNAME: 'ann', MLFLOW_TRACKING_PASSWORD: 'wrong' }
    await expect
      .poll(async () => (await started.status()).problem?.hint, { timeout: 20_000 })
      .toMatch(/does not accept the user "ann" with this password/)
    variables = ann
    expect(await recorded(started)).toEqual(whole)
    expect(lines).toEqual([
      expect.stringMatching(
        /^Recording is paused\. MLflow answered GET experiments\/get-by-name with 401: You are not authenticated.*\. No credentials are set: set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD/,
      ),
      'Recording goes on: MLflow lets us in again',
    ])
    expect(lines.join()).not.toContain(ann.MLFLOW_TRACKING_PASSWORD)
    await expect.poll(() => observer.trouble.look(), { timeout: 20_000 }).toBeUndefined()
    observer.close()
  })

  it('a user who may not write pauses it too, until the permission is given', async () => {
    const { experiment } = ledger.options
    const made = await server.asAdmin('POST', '2.0/mlflow/experiments/create', { name: experiment })
    const { experiment_id } = made as { experiment_id: string }
    const may = (what: 'grant' | 'revoke', permission: string): Promise<unknown> =>
      server.asAdmin('POST', `3.0/mlflow/users/permissions/${what}`, {
        username: 'ann',
        resource_type: 'experiment',
        resource_id: experiment_id,
        permission,
      })
    await may('grant', 'READ')
    variables = ann
    await tell()
    const started = await start()
    await paused(started, 'MLFLOW_DENIED')
    expect((await started.status()).problem?.hint).toContain(
      'Give the user "ann" the permission EDIT on the experiment',
    )
    await may('revoke', 'READ')
    await may('grant', 'EDIT')
    expect(await recorded(started)).toEqual(whole)
    expect(lines).toHaveLength(2)
  })
})

describe('a server behind TLS', () => {
  let front: TlsFront
  let strict: TlsFront

  beforeAll(async () => {
    front = await startTlsFront(server.uri)
    strict = await startTlsFront(server.uri, { asksClients: true })
  })
  afterAll(async () => {
    await front.close()
    await strict.close()
  })

  it('is not trusted without its authority, and recording goes on when the file is named', async () => {
    variables = ann
    await tell()
    const started = await start({ uri: front.uri, tls: { caFile: front.files.otherCa } })
    await paused(started, 'MLFLOW_TLS_FAILED')
    expect(lines.join()).toContain('server.tls.ca_file of mlflow.yml')
    variables = { ...ann, MLFLOW_TRACKING_SERVER_CERT_PATH: front.files.ca }
    expect(await recorded(started)).toEqual(whole)
  })

  it('may ask for a certificate of ours', async () => {
    const { ca: caFile, cert: certFile, key: keyFile } = strict.files
    variables = { ...ann, MLFLOW_TRACKING_SERVER_CERT_PATH: caFile }
    await tell()
    const tls: { caFile: string; certFile?: string; keyFile?: string } = { caFile }
    const started = await start({ uri: strict.uri, tls: { ...tls, certFile, keyFile } })
    expect(await recorded(started)).toEqual(whole)
  })

  it('is taken unseen where that is asked for', async () => {
    variables = { ...ann, MLFLOW_TRACKING_INSECURE_TLS: 'true' }
    await tell()
    expect(await recorded(await start({ uri: front.uri }))).toEqual(whole)
  })

  it('a provider of headers that fails pauses recording; its headers and a token are enough to come in', async () => {
    await tell()
    let works = false
    const basic = `Basic ${Buffer.from(`ann:${ann.MLFLOW_TRACKING_PASSWORD}`).toString('base64')}`
    const started = await start({
      uri: front.uri,
      tls: { caFile: front.files.ca },
      headers: () => {
        if (!works) throw new Error('no token today')
        return { authorization: basic }
      },
    })
    await paused(started, 'MLFLOW_ACCESS_FAILED')
    expect(lines.join()).toContain('no token today')
    works = true
    expect(await recorded(started)).toEqual(whole)
  })
})

describe('the command line', () => {
  let project: TestProject
  let front: TlsFront

  beforeAll(async () => {
    project = await testProject()
    front = await startTlsFront(server.uri)
    await project.write(
      'conf/base/mlflow.yml',
      `
server:
  mlflow_tracking_uri: ${front.uri}
  credentials: mlflow
  tls: { ca_file: ${front.files.ca} }
  request_header_provider:
    type: ./mlflow-headers.ts
    pass_context: true
    init_kwargs: { team: weather }
ui: { port: 5001 }
tracking: { disable_tracking: { pipelines: [trainin] } }
`,
    )
    await project.write(
      'mlflow-headers.ts',
      "export default ({ team }: any, { env }: any) => async () => ({ 'x-team': `${team} ${env}` })",
    )
    await signIn('wrong')
  })
  afterAll(async () => {
    await front.close()
    await project.dispose()
  })

  function signIn(password: string): Promise<void> {
    return project.write(
      'conf/base/credentials.yml',
      `mlflow: { MLFLOW_TRACKING_USERNAME: ann, MLFLOW_TRACKING_PASSWORD: ${password} }\n`,
    )
  }

  it('doctor says who is not let in, what to set and what changes nothing; a running adapter takes the new password', async () => {
    const { stdout: runId } = await project.pipewright('enqueue', 'training')
    const recording = project.start(['adapter'])
    await recording.shows('Recording is paused.')
    const first = await project.pipewright('doctor')
    expect(first.stdout).toMatch(/MLflow: https:\/\/localhost:\d+: MLflow answered GET experiments/)
    expect(first.stdout).toContain('does not accept the user "ann" with this password: correct')
    expect(first.stdout).toContain('mlflow.yml:10:13: ui.port changes nothing')
    expect(first.stdout).toContain('Did you mean "training"?')
    expect(first.exitCode).toBe(0)
    expect(front.headers['x-team']).toBe('weather local')
    await expect
      .poll(async () => (await project.pipewright('doctor')).stdout, { timeout: 20_000 })
      .toMatch(/MLflow record: recording is paused since .* UTC, says the adapter on /)
    await signIn(ann.MLFLOW_TRACKING_PASSWORD)
    await recording.shows('Recording goes on')
    const second = await project.pipewright('doctor')
    expect(second.stdout).toMatch(/MLflow: https:\/\/localhost:\d+, version 3\.\S+, experiment "/)
    recording.child.kill('SIGTERM')
    const { exitCode, stderr } = await recording.ended
    expect(exitCode).toBe(0)
    expect(stderr.match(/Recording is paused/g)).toHaveLength(1)
    expect(runId.trim()).not.toBe('')
  })
})
