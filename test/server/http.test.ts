import { once } from 'node:events'

import { dataset, node, pipeline } from '@pipewright/engine'
import { openResults } from '@pipewright/engine/results'
import { startServer } from '@pipewright/server'
import { describe, expect, it, onTestFinished } from 'vitest'
import * as z from 'zod'

import { report } from '../../examples/service/datasets.ts'
import { daily } from '../../examples/service/pipelines/daily.ts'
import { buildService } from '../../examples/service/service/build-service.ts'
import { signatureOf } from '../../examples/service/service/signature.ts'
import { jsonLines, testProject } from '../cli/test-project.ts'
import { shape, workbench } from '../support/workbench.ts'
import { readFrames, type Frame } from './frames.ts'
import { served, tokens, type AskOptions } from './served.ts'

const used = dataset('used', z.record(z.string(), z.unknown()))

/** A pipeline whose only node waits until its gate opens. */
function gated() {
  const gate = Promise.withResolvers<void>()
  const training = pipeline(
    'training',
    [
      node({
        name: 'train',
        inputs: {},
        outputs: { used },
        params: { epochs: z.int().min(1).default(20), since: z.string() },
        isolation: 'inline',
        async run(_, { params, metric }) {
          await gate.promise
          metric('loss', 0.5)
          return { used: params }
        },
      }),
    ],
    { tags: { team: 'rain' } },
  )
  return { training, open: gate.resolve }
}

function published() {
  const { training, open } = gated()
  open()
  return training
}

/** The pipeline that the examples of the document name. */
const fuzzed = pipeline('training', [
  node({
    name: 'train',
    inputs: {},
    outputs: { used },
    params: { epochs: z.int().min(1).max(1000).default(20) },
    isolation: 'inline',
    run: (_, { params }) => ({ used: params }),
  }),
])

const order = { pipeline: 'training', params: { train: { since: '2015' } } }

describe('a run over HTTP', () => {
  it('is accepted with its id and path, and says what it was and made', async () => {
    const { bench, ask, log } = await served([published()])
    await bench.work()
    const body = { ...order, tags: { by: 'test' }, priority: 5 }
    const accepted = await ask('POST', '/v1/runs', { body, token: tokens.run })
    expect(accepted).toMatchObject({ status: 202, body: { id: expect.any(String) } })
    const { id } = accepted
    expect(accepted.headers.location).toBe(`/v1/runs/${id}`)
    await (await bench.client.run(id)).wait({ timeout: 20_000 })
    expect(await ask('GET', `/v1/runs/${id}`)).toMatchObject({
      status: 200,
      body: {
        id,
        status: 'succeeded',
        priority: 5,
        params: { 'train.epochs': 20, 'train.since': '2015' },
        tags: { team: 'rain', by: 'test', 'pipewright.caller': 'runner' },
      },
    })
    expect((await ask('GET', `/v1/runs/${id}/nodes`)).body['nodes']).toMatchObject([
      {
        node: 'train',
        status: 'succeeded',
        metrics: { loss: 0.5 },
        outputs: [{ dataset: 'used' }],
      },
    ])
    expect(log).toContainEqual({
      caller: 'runner',
      path: '/v1/runs',
      status: 202,
      message: 'enqueueRun',
    })
  })

  it('is one for a key, and refused for what does not fit, with what to do', async () => {
    const { bench, ask } = await served([published()])
    await bench.work()
    const enqueue = (body: object) => ask('POST', '/v1/runs', { body })
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => enqueue({ ...order, key: 'one' })),
    )
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1)
    const other = { pipeline: 'training', params: { 'train.since': '2016' }, key: 'one' }
    expect(await enqueue(other)).toMatchObject({ status: 409, body: { code: 'KEY_CONFLICT' } })
    expect(await enqueue({ ...order, pipeline: 'trainig' })).toMatchObject({
      status: 404,
      body: { code: 'UNKNOWN_PIPELINE', hint: 'Did you mean "training"?' },
    })
    for (const [params, code] of [
      [{}, 'MISSING_PARAM'],
      [{ train: { since: '2015', epochs: 0 } }, 'INVALID_PARAM'],
      [{ train: { since: '2015', epoch: 1 } }, 'UNKNOWN_PARAM'],
    ] as const)
      expect(await enqueue({ ...order, params })).toMatchObject({ status: 422, body: { code } })
  })

  it('is listed by filter and page', async () => {
    const { bench, ask } = await served([published()])
    await bench.work()
    for (const key of ['a', 'b', 'c']) {
      const body = { ...order, key, tags: { key }, delay: key === 'c' ? 60_000 : 0 }
      const { id } = await ask('POST', '/v1/runs', { body })
      if (key !== 'c') await (await bench.client.run(id)).wait({ timeout: 20_000 })
    }
    const keysOf = async (query: string): Promise<readonly unknown[] | undefined> =>
      (await ask('GET', `/v1/runs${query}`)).body.runs?.map(({ key }) => key)
    expect(await keysOf('')).toEqual(['c', 'b', 'a'])
    expect(await keysOf('?status=succeeded&status=failed')).toEqual(['b', 'a'])
    expect(await keysOf('?tag=key%3Da&pipeline=training')).toEqual(['a'])
    expect(await keysOf(`?until=${Date.now() - 3_600_000}`)).toEqual([])
    const { cursor } = (await ask('GET', '/v1/runs?limit=2')).body
    expect(await keysOf(`?limit=2&cursor=${cursor}`)).toEqual(['a'])
    expect(await ask('GET', '/v1/runs?cursor=none')).toMatchObject({
      status: 422,
      body: { code: 'INVALID_CURSOR' },
    })
  })

  it('says why it does not move, and is cancelled', async () => {
    const { bench, ask } = await served([published()])
    const worker = await bench.work()
    await worker.stop({ grace: 0 })
    const { id } = await ask('POST', '/v1/runs', { body: order })
    expect((await ask('GET', `/v1/runs/${id}/why`)).body).toMatchObject({
      text: expect.stringContaining('train'),
      why: { run: id, reason: { kind: 'node' } },
    })
    expect((await ask('GET', `/v1/runs/${id}/why?node=train`)).body).toMatchObject({
      todo: expect.any(String),
      why: { node: 'train', reason: { kind: 'no-worker' } },
    })
    expect(await ask('GET', `/v1/runs/${id}/why?node=trian`)).toMatchObject({ status: 404 })
    const cancelled = await ask('POST', `/v1/runs/${id}/cancel`, { token: tokens.run })
    expect(cancelled).toMatchObject({ status: 202, body: { state: 'cancelling' } })
    expect((await ask('GET', `/v1/runs/${id}`)).body).toMatchObject({ status: 'cancelled' })
    const again = await ask('POST', `/v1/runs/${id}/cancel`)
    expect(again).toMatchObject({ status: 202, body: { state: 'ended' } })
  })
})

describe('events over HTTP', () => {
  it('go on where a reader was, at another server too, and end with the run', async () => {
    const { training, open } = gated()
    const { bench, ask, ...first } = await served([training])
    await bench.work()
    const { id } = await ask('POST', '/v1/runs', { body: order })
    const path = `/v1/runs/${id}/events`

    const stream = await first.open(path)
    expect(stream.headers).toMatchObject({ 'content-type': 'text/event-stream' })
    const seen: Frame[] = []
    for await (const frame of readFrames(stream)) {
      seen.push(frame)
      if (frame.event === 'node_started') break
    }
    stream.destroy()
    const second = await startServer({ client: bench.client, port: 0 })
    open()
    const lastEventId = seen.at(-1)?.id ?? ''
    const rest = await fetch(`${second.url}${path}`, { headers: { 'last-event-id': lastEventId } })
    for await (const frame of readFrames(rest.body ?? [])) seen.push(frame)
    expect(seen.map(({ event }) => event)).toEqual([
      'run_created',
      'node_started',
      'node_finished',
      'run_finished',
    ])
    expect(seen.at(-1)?.data).toMatchObject({ type: 'run_finished', run: id, status: 'succeeded' })
    const { id: last = '' } = seen.at(-1) ?? {}
    expect((await ask('GET', `${path}?cursor=${last}`)).status).toBe(204)
    await second.close()

    const whole: Frame[] = []
    for await (const frame of readFrames(await first.open(path))) whole.push(frame)
    expect(whole.map(({ event }) => event)).toContain('node_finished')
    expect(whole.at(-1)?.event).toBe('run_finished')
  })

  it('of no run, or after no cursor, are refused', async () => {
    const { ask } = await served()
    const path = '/v1/runs/01M84QZR8P5H149Y3KTR7AX41H/events'
    expect(await ask('GET', path)).toMatchObject({ status: 404, body: { code: 'RUN_NOT_FOUND' } })
    expect(await ask('GET', `${path}?cursor=x`)).toMatchObject({
      status: 422,
      body: { code: 'INVALID_CURSOR' },
    })
  })

  it('are streamed to so many readers, and end when the server closes', async () => {
    const { training, open: openGate } = gated()
    const { bench, ask, open, close } = await served([training], { maxStreams: 1 })
    await bench.work()
    const { id } = await ask('POST', '/v1/runs', { body: order })
    const stream = await open(`/v1/runs/${id}/events`)
    const refused = await ask('GET', `/v1/runs/${id}/events`)
    expect(refused).toMatchObject({ status: 503, body: { code: 'TOO_MANY_STREAMS' } })
    expect(refused.headers['retry-after']).toBe('5')
    stream.destroy()
    await once(stream, 'close')
    await expect.poll(async () => (await open(`/v1/runs/${id}/events`)).statusCode).toBe(200)
    await close()
    openGate()
  })
})

describe('pipelines, schedules, workers and pauses over HTTP', () => {
  it('are read by name', async () => {
    const { bench, ask } = await served([published()])
    await bench.work({ name: 'left' })
    const { body } = await ask('GET', '/v1/pipelines', { token: tokens.read })
    expect(body['pipelines']).toMatchObject([{ name: 'training', nodes: 1, outputs: ['used'] }])
    const found = await ask('GET', '/v1/pipelines/training')
    expect(found.body['params']).toMatchObject([
      { name: 'train.epochs', default: 20, schema: { type: 'integer' } },
      { name: 'train.since' },
    ])
    expect(await ask('GET', '/v1/pipelines/trainin')).toMatchObject({
      status: 404,
      body: { hint: 'Did you mean "training"?' },
    })
    expect((await ask('GET', '/v1/workers')).body['workers']).toMatchObject([{ name: 'left' }])
  })

  it('are paused and resumed', async () => {
    const { bench, ask } = await served([published()])
    await bench.work()
    const change = (path: string) => ask('POST', path, { token: tokens.admin })
    expect((await change('/v1/pipelines/training/pause')).status).toBe(204)
    const { id } = await ask('POST', '/v1/runs', { body: order })
    expect((await change('/v1/queues/default/pause')).status).toBe(204)
    const paused = { queues: ['default'], pipelines: ['training'] }
    expect((await ask('GET', '/v1/paused')).body).toEqual(paused)
    expect((await ask('GET', `/v1/runs/${id}/why`)).body).toMatchObject({
      why: { reason: { kind: 'pipeline-paused' } },
    })
    await change('/v1/pipelines/training/resume')
    await change('/v1/queues/default/resume')
    expect((await ask('GET', '/v1/paused')).body).toEqual({ queues: [], pipelines: [] })
    await (await bench.client.run(id)).wait({ timeout: 20_000 })
  })

  it('are scheduled', async () => {
    const { bench, ask } = await served([published()])
    await bench.work({ scheduler: false })
    const body = { pipeline: 'training', cron: '0 3 * * 1', timezone: 'Europe/Berlin' }
    const path = '/v1/schedules/weekly'
    const put = await ask('PUT', path, {
      body: { ...body, params: order.params },
      token: tokens.admin,
    })
    expect(put).toMatchObject({ status: 200, body: { name: 'weekly', overlap: 'skip' } })
    expect(put.body['next']).toHaveLength(5)
    expect((await ask('POST', `${path}/pause`)).status).toBe(204)
    expect((await ask('GET', '/v1/schedules')).body['schedules']).toMatchObject([{ paused: true }])
    expect((await ask('POST', `${path}/resume`)).status).toBe(204)
    expect((await ask('GET', path)).body).toMatchObject({ paused: false })
    const triggered = await ask('POST', `${path}/trigger`, { token: tokens.run })
    expect(triggered.headers.location).toBe(`/v1/runs/${triggered.id}`)
    const days = { from: '2026-01-01T00:00:00Z', to: '2026-02-01T00:00:00Z' }
    const backfill = await ask('POST', `${path}/backfill`, { body: days })
    expect(backfill).toMatchObject({ status: 202 })
    expect(backfill.body['slots']).toHaveLength(4)
    expect(await ask('PUT', path, { body: { ...body, every: 5000 } })).toMatchObject({
      status: 400,
      body: { issues: [{ problem: 'Expected one of "cron" and "every"' }] },
    })
    expect(await ask('PUT', path, { body: { ...body, timezone: 'Atlantis' } })).toMatchObject({
      status: 422,
      body: { code: 'INVALID_SCHEDULE' },
    })
    expect((await ask('DELETE', path)).status).toBe(204)
    for (const method of ['GET', 'DELETE'])
      expect(await ask(method, path)).toMatchObject({
        status: 404,
        body: { code: 'UNKNOWN_SCHEDULE' },
      })
  })
})

describe('what is refused', () => {
  const unicode = '{"pipeline":"training","key":"\\ud800"}'
  const cases: readonly (readonly [string, number, string, AskOptions & { path?: string }])[] = [
    ['no token', 401, 'NOT_AUTHENTICATED', { token: undefined }],
    ['an unknown token', 401, 'NOT_AUTHENTICATED', { token: 'guess-of-a-token-of-the-tests' }],
    ['another scheme', 401, 'NOT_AUTHENTICATED', { headers: { authorization: 'Basic eDp5' } }],
    ['a token without the scope', 403, 'SCOPE_MISSING', { token: tokens.read }],
    [
      'a page of another site',
      403,
      'ORIGIN_REFUSED',
      { headers: { origin: 'https://evil.example' } },
    ],
    ['a large body', 413, 'BODY_TOO_LARGE', { body: { ...order, key: 'x'.repeat(5000) } }],
    [
      'a large body without a length',
      413,
      'BODY_TOO_LARGE',
      {
        body: { ...order, key: 'x'.repeat(5000) },
        headers: { 'transfer-encoding': 'chunked' },
      },
    ],
    ['another host', 421, 'HOST_REFUSED', { headers: { host: 'evil.example' } }],
    ['text', 415, 'MEDIA_TYPE_UNSUPPORTED', { headers: { 'content-type': 'text/plain' } }],
    [
      'a form',
      415,
      'MEDIA_TYPE_UNSUPPORTED',
      {
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      },
    ],
    ['no body', 415, 'MEDIA_TYPE_UNSUPPORTED', { body: undefined }],
    ['no JSON', 400, 'INVALID_REQUEST', { body: '{"pipeline":' }],
    ['an unknown field', 400, 'INVALID_REQUEST', { body: { ...order, pipelin: 'x' } }],
    ['a field of another type', 400, 'INVALID_REQUEST', { body: { ...order, priority: 'high' } }],
    [
      'a tag that is taken',
      400,
      'INVALID_REQUEST',
      {
        body: { ...order, tags: { 'mlflow.parentRunId': 'x' } },
      },
    ],
    ['half a character', 422, 'INVALID_REQUEST', { body: unicode }],
    [
      'a number beyond JSON',
      422,
      'INVALID_REQUEST',
      {
        body: '{"pipeline":"training","params":{"train":{"since":1e999}}}',
      },
    ],
    [
      'a key of prototypes',
      422,
      'INVALID_REQUEST',
      {
        body: '{"pipeline":"training","params":{"__proto__":{"since":"2015"}}}',
      },
    ],
    [
      'very many levels',
      422,
      'INVALID_REQUEST',
      {
        body: `{"pipeline":"training","params":${'['.repeat(1500)}${']'.repeat(1500)}}`,
      },
    ],
    ['an unknown path', 404, 'ROUTE_NOT_FOUND', { path: '/v2/runs' }],
    ['what can be no id', 405, 'METHOD_NOT_ALLOWED', { path: '/v1/runs/01ABC%3Aedges' }],
    ['a bad escape', 400, 'INVALID_REQUEST', { path: '/v1/runs/%zz/cancel' }],
  ]

  it('changes nothing', async () => {
    const { bench, ask, content, log } = await served([published()], { maxBody: 4096 })
    const worker = await bench.work()
    await worker.stop({ grace: 0 })
    const before = await content()
    for (const [what, status, code, { path = '/v1/runs', ...options }] of cases) {
      const answer = await ask('POST', path, { body: order, ...options })
      expect({ what, status: answer.status, code: answer.body.code }).toEqual({
        what,
        status,
        code,
      })
    }
    expect(await content()).toEqual(before)
    expect(log.filter(({ status }) => status === 401)).toHaveLength(3)
    expect(JSON.stringify(log)).not.toContain('guess-of-a-token')
    // and the same without what was wrong is done
    expect((await ask('POST', '/v1/runs', { body: order })).status).toBe(202)
  })

  it('tells what would be right', async () => {
    const { ask } = await served()
    const none = await ask('GET', '/v1/runs', { token: undefined })
    expect(none.headers['www-authenticate']).toBe('Bearer realm="pipewright"')
    const less = await ask('GET', '/v1/runs', { token: tokens.run })
    expect(less.headers['www-authenticate']).toContain('scope="read"')
    const wrong = await ask('DELETE', '/v1/runs')
    expect(wrong).toMatchObject({ status: 405, headers: { allow: 'POST, GET, HEAD' } })
    const field = await ask('POST', '/v1/runs', { body: { pipeline: 7, params: { a: 1 } } })
    expect(field.body['issues']).toMatchObject([{ at: 'body.pipeline' }])
    const id = await ask('GET', '/v1/runs/01ABC%3Aedges')
    expect(id).toMatchObject({ status: 404, body: { code: 'ROUTE_NOT_FOUND' } })
    expect((await ask('GET', '/v1/runs?statu=failed')).body.code).toBe('INVALID_REQUEST')
    expect((await ask('HEAD', '/v1/runs')).status).toBe(200)
  })

  it('is too much at once', async () => {
    const { ask } = await served([], { rate: { max: 3, per: 60_000 } })
    for (const token of [tokens.read, tokens.all, undefined]) {
      const statuses = []
      for (let times = 0; times < 4; times += 1)
        statuses.push((await ask('GET', '/v1/paused', { token })).status)
      const good = token === undefined ? 401 : 200
      expect(statuses).toEqual([good, good, good, 429])
    }
    expect((await ask('GET', '/v1/paused')).headers['retry-after']).toMatch(/^\d+$/)
  })

  it('is told apart from what fails on this side', async () => {
    const { bench, ask, log } = await served([published()])
    expect((await ask('GET', '/health', { token: undefined })).body).toEqual({ status: 'ok' })
    await bench.client.close()
    for (const [method, path] of [
      ['POST', '/v1/runs'],
      ['GET', '/v1/runs'],
      ['GET', '/health'],
    ] as const) {
      const answer = await ask(method, path, method === 'POST' ? { body: order } : {})
      expect(answer).toMatchObject({ status: 503, body: { code: 'REDIS_UNREACHABLE' } })
      expect(answer.headers['retry-after']).toBe('1')
    }
    expect(log.filter(({ status }) => status === 503)).toHaveLength(3)
  })
})

describe('a server without tokens', () => {
  it('answers on this machine alone, and no pages of other sites', async () => {
    const { bench, ask } = await served([shape('one', { a: [] }).pipeline], { tokens: {} })
    await bench.work()
    const body = { pipeline: 'one' }
    expect((await ask('POST', '/v1/runs', { body, token: undefined })).status).toBe(202)
    const origin = { origin: 'https://evil.example' }
    expect((await ask('POST', '/v1/runs', { body, headers: origin })).status).toBe(403)
    await expect(
      startServer({ client: bench.client, host: '0.0.0.0', port: 0 }),
    ).rejects.toMatchObject({ code: 'SERVER_UNPROTECTED' })
  })
})

/** It installs a Python program and sends thousands of requests: two minutes, so only where it is asked for. */
const isFuzzed = process.env['PIPEWRIGHT_TEST_SCHEMATHESIS'] === '1'

describe('the server', () => {
  it.skipIf(!isFuzzed)(
    'passes schemathesis on its own OpenAPI document',
    async () => {
      const { fuzz } = await import('./schemathesis.ts')
      const { bench, url, log } = await served([fuzzed], { rate: { max: 1_000_000, per: 1000 } })
      await bench.work()
      await bench.client.schedules.put('weekly', { pipeline: 'training', cron: '0 3 * * 1' })
      const { passed, text } = await fuzz(
        url,
        tokens.all,
        process.env['PIPEWRIGHT_TEST_SEED'] ?? '1',
      )
      console.log(text)
      expect(passed).toBe(true)
      expect(log.filter(({ status }) => Number(status) >= 500)).toEqual([])
      expect(await bench.client.runs.newest()).not.toEqual([])
    },
    1_200_000,
  )

  it('is started by pipewright server with the tokens of pipewright.yml, and not without them', async () => {
    const project = await testProject()
    onTestFinished(() => project.dispose())
    const open = project.start(['server', '--host', '0.0.0.0', '--json']).ended
    const [made, refused] = await Promise.all([project.pipewright('server', 'token'), open])
    expect(refused.exitCode).toBe(3)
    expect(jsonLines(refused.stdout)).toMatchObject([{ code: 'SERVER_UNPROTECTED' }])

    const token = made.stdout.trim()
    const sha256 = /sha256: (?<digest>[0-9a-f]{64})/.exec(made.stderr)?.groups?.['digest'] ?? ''
    const settings = `server: { port: 0, tokens: { shop: { scopes: [read], sha256: ${sha256} } } }`
    await project.write('conf/base/pipewright.yml', `${settings}\n`)
    const server = project.start(['server', '--host', '0.0.0.0', '--allow-host', 'shop.example'])
    let shown = ''
    server.child.stderr?.on('data', (text: string) => (shown += text))
    await server.shows('/openapi.json')
    const port = /:(?<port>\d+)\/openapi\.json/.exec(shown)?.groups?.['port'] ?? ''
    const url = `http://127.0.0.1:${port}/v1/runs`
    expect((await fetch(url)).status).toBe(401)
    const answer = await fetch(url, { headers: { authorization: `Bearer ${token}` } })
    expect(await answer.json()).toEqual({ runs: [] })
    server.child.kill('SIGTERM')
    const { exitCode, stdout } = await server.ended
    expect(exitCode).toBe(0)
    expect(jsonLines(stdout)).toMatchObject([{ level: 'warn', code: 'NOT_AUTHENTICATED' }])
  })
})

describe('the example service', () => {
  it('enqueues one run for each delivery that a station has signed', async () => {
    const bench = await workbench({ pipelines: [daily], configured: {} })
    const secret = 'shared with the stations'
    const service = buildService({ client: bench.client, secret })
    onTestFinished(() => service.close())
    const deliver = async (delivery: object, signature?: string) => {
      const payload = JSON.stringify(delivery)
      const headers = {
        'content-type': 'application/json',
        'x-signature-256': signature ?? signatureOf(Buffer.from(payload), secret),
      }
      return service.inject({ method: 'POST', url: '/webhooks/readings', headers, payload })
    }
    const delivery = { id: 'd-1', station: 'north', day: '2026-11-23', measured: [2, 4, -1] }

    expect((await deliver(delivery)).statusCode).toBe(503)
    await bench.work()
    const accepted = await deliver(delivery)
    expect(accepted.statusCode).toBe(202)
    const { run: id } = z.object({ run: z.string() }).parse(accepted.json())
    expect((await deliver(delivery)).json()).toEqual({ run: id })
    expect((await deliver({ ...delivery, measured: [1] })).statusCode).toBe(409)
    expect((await deliver({ ...delivery, measured: ['calm'] })).statusCode).toBe(400)
    expect((await deliver(delivery, 'sha256=0')).statusCode).toBe(401)

    const run = await bench.client.run(id)
    await run.wait({ timeout: 20_000 })
    const results = openResults({ root: bench.root, store: 'store' })
    expect(await results.output(run, report)).toMatchObject({ mean: 3, refused: 1 })
    const seen = await service.inject({ url: accepted.headers['location'] ?? '' })
    expect(seen.json()).toMatchObject({ run: id, status: 'succeeded' })
  })
})
