import { openResults } from '@pipewright/engine/results'
import { expect, it, onTestFinished } from 'vitest'
import * as z from 'zod'

import { report } from '../../examples/service/datasets.ts'
import { daily } from '../../examples/service/pipelines/daily.ts'
import { buildService } from '../../examples/service/service/build-service.ts'
import { signatureOf } from '../../examples/service/service/signature.ts'
import { workbench } from '../support/workbench.ts'

const secret = 'shared with the stations'
const Accepted = z.object({ run: z.string() })

it('the example enqueues one run for each delivery that a station has signed', async () => {
  const bench = await workbench({ pipelines: [daily], configured: {} })
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
  const { run: id } = Accepted.parse(accepted.json())
  expect(Accepted.parse((await deliver(delivery)).json()).run).toBe(id)
  expect((await deliver({ ...delivery, measured: [1] })).statusCode).toBe(409)
  expect((await deliver({ ...delivery, measured: ['calm'] })).statusCode).toBe(400)
  expect((await deliver(delivery, 'sha256=0')).statusCode).toBe(401)

  const run = await bench.client.run(id)
  await run.wait({ timeout: 20_000 })
  const results = openResults({ root: bench.root, store: 'store' })
  expect(await results.output(run, report)).toMatchObject({ station: 'north', mean: 3, refused: 1 })
  const seen = await service.inject({ url: accepted.headers['location'] ?? '' })
  expect(seen.json()).toMatchObject({ run: id, status: 'succeeded' })
})
