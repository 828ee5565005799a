import { connect } from '@pipewright/engine/client'

import { buildService } from './build-service.ts'

const { REDIS_URL, WEBHOOK_SECRET, PORT = '8080' } = process.env
if (WEBHOOK_SECRET === undefined)
  throw new Error('Set WEBHOOK_SECRET to what the stations sign with.')

const client = await connect({ redis: REDIS_URL })
const service = buildService({ client, secret: WEBHOOK_SECRET })
console.log(await service.listen({ host: '127.0.0.1', port: Number(PORT) }))

process.once('SIGTERM', () => {
  void service.close().then(() => client.close())
})
