import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { MadeServer, type Invoked } from './fixture/made-server.ts'

let server: MadeServer
beforeEach(async () => {
  server = await MadeServer.make()
})
afterEach(async () => {
  await server.close()
})

const double = { predict: 'return row.x * 2' }
const triple = { predict: 'return row.x * 3' }
const broken = { predict: "throw new Error('no such column')" }
const row = [{ x: 1 }]

/** What answered, while `act` goes on: requests one after the other. */
async function callsDuring(act: () => Promise<unknown>): Promise<readonly Invoked[]> {
  const answers: Invoked[] = []
  const over = new AbortController()
  const acting = act().finally(() => over.abort())
  while (!over.signal.aborted) answers.push(await server.invoke(row))
  await acting
  return answers
}

/** Waits as long as a busy machine may take. */
async function until(claim: () => unknown): Promise<void> {
  await vi.waitFor(claim, { timeout: 15_000, interval: 10 })
}

/** Waits for a model to answer a request without a key. */
async function untilServes(model: string): Promise<void> {
  await until(async () => expect((await server.invoke(row)).model).toBe(model))
}

describe('a served model', () => {
  it('answers every form of input alike, and says what is wrong as MLflow does', async () => {
    await server.register(1, double, 'champion')
    await server.serve()
    const forms = [
      { dataframe_split: { columns: ['x'], data: [[1], [2]] } },
      { dataframe_split: { columns: ['x'], data: [1, 2], index: [7, 8] } },
      {
        dataframe_split: {
          columns: ['note', 'x'],
          data: [
            [null, 1],
            ['', 2],
          ],
        },
      },
      { dataframe_records: [{ x: 1 }, { x: 2 }] },
      { instances: [{ x: 1 }, { x: 2 }], params: { ignored: true } },
      { inputs: { x: [1, 2] } },
      { inputs: [{ x: 1 }, { x: 2 }] },
    ]
    for (const form of forms) {
      const { status, body } = await server.send(JSON.stringify(form))
      expect({ form, status, body }).toEqual({ form, status: 200, body: { predictions: [2, 4] } })
    }
    const csv = await server.send('x,note\n1,a\n2,\n', { 'content-type': 'text/csv' })
    expect(csv).toEqual({ status: 200, model: 'made/1', body: { predictions: [2, 4] } })

    // Prometheus is told of it.
    const text = await (await fetch(`${server.running.url}/metrics`)).text()
    expect(text).toContain(
      'pipewright_serving_requests_total{slot="champion",model="made/1",outcome="ok"} 8',
    )
    expect(text).toContain('pipewright_serving_in_flight{slot="champion",model="made/1"} 0')
    expect(text).toContain('pipewright_serving_request_seconds_bucket')
    expect(text).toContain('pipewright_nodejs_eventloop_lag')

    // What is wrong with a request is said as MLflow says it.
    const refused = [
      ['{"instances": [', 400, 'BAD_REQUEST'],
      ['[1, 2]', 400, 'BAD_REQUEST'],
      ['{}', 400, 'BAD_REQUEST'],
      ['{"instances": [1], "inputs": [1]}', 400, 'BAD_REQUEST'],
      ['{"dataframe_split": {"columns": ["x"]}}', 400, 'BAD_REQUEST'],
      ['{"dataframe_records": {"x": 1}}', 400, 'BAD_REQUEST'],
      ['{"dataframe_records": [{"x": "one"}]}', 400, 'BAD_REQUEST'],
      ['{"dataframe_records": [{"note": "one"}]}', 400, 'INVALID_PARAMETER_VALUE'],
      ['{"inputs": {"x": [1, 2], "note": ["a"]}}', 400, 'INVALID_PARAMETER_VALUE'],
    ] as const
    for (const [body, status, code] of refused) {
      const answer = await server.send(body)
      expect({ sent: body, ...answer }).toMatchObject({
        sent: body,
        status,
        body: { error_code: code },
      })
    }
    const types = [
      'text/html',
      'application/json; charset=latin1',
      'application/json; format=split',
    ]
    for (const type of types) {
      expect(await server.send('{}', { 'content-type': type })).toMatchObject({ status: 415 })
    }
    const { url } = server.running
    for (const path of ['/ping', '/health']) {
      const response = await fetch(url + path)
      expect([response.status, await response.text()]).toEqual([200, '\n'])
    }
    expect(await (await fetch(`${url}/version`)).text()).toMatch(/^3\./)
    expect((await fetch(`${url}/invocations`)).status).toBe(405)
    expect(await (await fetch(`${url}/other`)).json()).toEqual({ detail: 'Not Found' })
  })

  it('tells what a model threw, and that it was the model', async () => {
    await server.register(1, broken, 'champion')
    await server.serve()
    const { status, body } = await server.invoke(row)
    expect(status).toBe(400)
    expect(body).toMatchObject({
      error_code: 'BAD_REQUEST',
      stack_trace: 'Error: no such column',
    })
    expect(server.running.status()[0]).toMatchObject({ requests: 1, failures: 1 })
  })

  it('accepts and answers others while it computes', async () => {
    const slow = { predict: 'if (row.x > 0) while (true); return 0' }
    await server.register(1, slow, 'champion')
    await server.serve({ threads: 2, perThread: 1, timeout: 1500 })
    const stuck = server.invoke(row)
    expect(await server.invoke([{ x: 0 }])).toMatchObject({ status: 200 })
    expect((await fetch(`${server.running.url}/ping`)).status).toBe(200)
    expect(await stuck).toMatchObject({
      status: 504,
      body: 'Request processing time exceeded limit',
    })
    // The thread that was stuck has been replaced.
    const both = await Promise.all([server.invoke([{ x: 0 }]), server.invoke([{ x: 0 }])])
    expect(both.map(({ status }) => status)).toEqual([200, 200])
  })

  it('answers what a lost thread had from another one, and blames what ends each', async () => {
    const fragile = { predict: 'if (row.x < 0) process.exit(3); return row.x' }
    await server.register(1, fragile, 'champion')
    await server.serve({ threads: 1, perThread: 8 })
    const answers = await Promise.all([
      server.invoke([{ x: -1 }]),
      ...Array.from({ length: 5 }, () => server.invoke(row)),
    ])
    expect(answers[0]).toMatchObject({ status: 500, body: { error_code: 'INTERNAL_ERROR' } })
    expect(await server.invoke(row)).toMatchObject({ status: 200, body: { predictions: [1] } })
  })

  it('does not come into service when it cannot be loaded, or cannot answer its own example', async () => {
    await server.register(1, { ...double, load: "throw new Error('no weights')" }, 'champion')
    await expect(server.serve()).rejects.toMatchObject({ code: 'MODEL_NOT_LOADED' })
    await server.register(2, { ...broken, example: { instances: row } }, 'champion')
    await expect(server.serve()).rejects.toMatchObject({ code: 'MODEL_EXAMPLE_FAILED' })
  })

  it('answers what was begun before it ends', async () => {
    const patient = { predict: 'await new Promise((r) => setTimeout(r, 300)); return row.x' }
    await server.register(1, patient, 'champion')
    await server.serve()
    const begun = server.invoke(row)
    await until(() => expect(server.running.status()[0]?.inFlight).toBe(1))
    const closed = server.running.close()
    expect(await begun).toMatchObject({ status: 200 })
    await closed
  })
})

describe('settings', () => {
  it.each([
    {
      canaries: [
        { alias: 'a', share: 0.6 },
        { alias: 'b', share: 0.5 },
      ],
    },
    { canaries: [{ alias: 'champion', share: 0.1 }] },
    { canaries: [{ alias: 'a', share: 0.1 }], shadow: { alias: 'a', share: 1 } },
    { model: '/some/folder', canaries: [{ alias: 'a', share: 0.1 }] },
    { threads: 0 },
  ])('that cannot be are refused: %j', async (settings) => {
    await server.register(1, double, 'champion')
    await expect(server.serve(settings)).rejects.toMatchObject({ code: 'INVALID_SERVING_SETTINGS' })
  })
})

describe('a change of the alias', () => {
  it('brings the new version into service without a dropped request', async () => {
    await server.register(1, double, 'champion')
    await server.serve()
    const answers = await callsDuring(async () => {
      await server.register(2, triple, 'champion')
      await untilServes('made/2')
    })
    expect(answers.filter(({ status }) => status !== 200)).toEqual([])
    expect(server.running.status()[0]).toMatchObject({ model: 'made/2', previous: 'made/1' })
  })

  it('to a version that does not load changes nothing', async () => {
    await server.register(1, double, 'champion')
    await server.serve()
    await server.register(2, { ...double, load: "throw new Error('no weights')" }, 'champion')
    await until(() =>
      expect(server.logged).toEqual([expect.stringContaining('made/2 does not come into service')]),
    )
    expect(await server.invoke(row)).toMatchObject({ status: 200, model: 'made/1' })
  })

  it('is seen after the registry was away', async () => {
    await server.register(1, double, 'champion')
    await server.serve()
    server.source.outage = new Error('away')
    await server.register(2, triple, 'champion')
    await until(() => expect(server.logged.length).toBeGreaterThan(0))
    expect(await server.invoke(row)).toMatchObject({ status: 200, model: 'made/1' })
    server.source.outage = undefined
    await untilServes('made/2')
  })

  it('to a bad version is taken back, and no caller hears of it', async () => {
    await server.register(1, double, 'champion')
    await server.serve()
    const answers = await callsDuring(async () => {
      await server.register(2, broken, 'champion')
      await until(() => expect(server.logged.join()).toContain('Rolled back made/2'))
    })
    expect(answers.filter(({ status }) => status !== 200)).toEqual([])
    await until(() => expect(server.source.aliases.get('champion')).toBe(1))
    expect(server.running.status()[0]).toMatchObject({ model: 'made/1', previous: null })
  })
})

describe('a canary', () => {
  it('gets its share of keys, and each key stays with one version', async () => {
    await server.register(1, double, 'champion')
    await server.register(2, triple, 'challenger')
    await server.serve({ canaries: [{ alias: 'challenger', share: 0.1 }] })
    const keys = Array.from({ length: 300 }, (_, index) => `customer-${index}`)
    const ask = (): Promise<(string | null)[]> =>
      Promise.all(keys.map(async (key) => (await server.invoke(row, key)).model))
    const first = await ask()
    expect(await ask()).toEqual(first)
    const share = first.filter((model) => model === 'made/2').length / keys.length
    expect(share).toBeGreaterThan(0.03)
    expect(share).toBeLessThan(0.2)
  })

  it('that fails is rolled back, and callers get the champion in its place', async () => {
    await server.register(1, double, 'champion')
    await server.register(2, broken, 'challenger')
    await server.serve({ canaries: [{ alias: 'challenger', share: 0.5 }] })
    const answers = await callsDuring(() =>
      until(() => expect(server.running.status()[1]?.model).toBeNull()),
    )
    expect(answers.filter(({ status }) => status !== 200)).toEqual([])
    expect(new Set(answers.map(({ body }) => JSON.stringify(body)))).toEqual(
      new Set(['{"predictions":[2]}']),
    )
    // Other servers see it in the registry.
    await until(() => expect(server.source.aliases.has('challenger')).toBe(false))
    // The next version of the alias gets its turn.
    await server.register(3, triple, 'challenger')
    await until(() => expect(server.running.status()[1]?.model).toBe('made/3'))
  })

  it('that never answers is rolled back, and its callers get the champion in time', async () => {
    await server.register(1, double, 'champion')
    await server.register(2, { predict: 'while (true);' }, 'challenger')
    await server.serve({
      canaries: [{ alias: 'challenger', share: 1 }],
      trialTimeout: 300,
      timeout: 1500,
      minRequests: 5,
    })
    const answers = await Promise.all(Array.from({ length: 10 }, () => server.invoke(row)))
    expect(answers.map(({ status, model }) => [status, model])).toEqual(
      answers.map(() => [200, 'made/1']),
    )
    await until(() => expect(server.running.status()[1]?.model).toBeNull())
  })

  it('is rolled back for a metric that MLflow has of it', async () => {
    await server.register(1, double, 'champion')
    await server.register(2, triple, 'challenger')
    await server.serve({
      canaries: [{ alias: 'challenger', share: 0.5 }],
      bounds: ['mlflow.online_f1<0.8'],
    })
    server.source.recorded.set('made/2', new Map([['online_f1', 0.9]]))
    expect(server.running.status()[1]?.model).toBe('made/2')
    server.source.recorded.set('made/2', new Map([['online_f1', 0.7]]))
    await until(() => expect(server.running.status()[1]?.model).toBeNull())
    expect(server.logged.join()).toContain('online_f1 is 0.7, below the bound of 0.8')
  })

  it('is not blamed for what the champion refuses too', async () => {
    await server.register(1, double, 'champion')
    await server.register(2, triple, 'challenger')
    await server.serve({ canaries: [{ alias: 'challenger', share: 1 }], minRequests: 1 })
    expect(await server.invoke([{ x: 'one' }])).toMatchObject({ status: 400 })
    expect(server.running.status()[1]).toMatchObject({ model: 'made/2', failures: 0, requests: 1 })
  })
})

describe('a shadow', () => {
  it('gets copies, whose answers are compared and nobody gets', async () => {
    await server.register(1, double, 'champion')
    await server.register(2, { predict: 'return row.x < 10 ? row.x * 2 : 0' }, 'next')
    await server.serve({ shadow: { alias: 'next', share: 1 }, bounds: [] })
    for (const x of [1, 2, 30]) {
      expect(await server.invoke([{ x }])).toMatchObject({
        model: 'made/1',
        body: { predictions: [x * 2] },
      })
    }
    await until(async () => {
      const text = await (await fetch(`${server.running.url}/metrics`)).text()
      expect(text).toContain('shadow_requests_total{slot="next",model="made/2",result="equal"} 2')
      expect(text).toContain(
        'shadow_requests_total{slot="next",model="made/2",result="different"} 1',
      )
    })
  })

  it('is taken out when it differs too much', async () => {
    await server.register(1, double, 'champion')
    await server.register(2, triple, 'next')
    await server.serve({ shadow: { alias: 'next', share: 1 }, bounds: ['disagreement>20%'] })
    await callsDuring(() => until(() => expect(server.running.status()[1]?.model).toBeNull()))
    expect(server.running.status()[0]).toMatchObject({ model: 'made/1' })
  })
})
