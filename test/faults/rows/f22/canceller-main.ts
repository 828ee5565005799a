import { createInterface } from 'node:readline'

import { connect } from '@pipewright/engine/client'
import * as z from 'zod'

/** A client that cancels the runs whose ids it reads, and says when it knew, and what it was told. */
const Settings = z.object({ redis: z.string(), prefix: z.string() })

const client = await connect(Settings.parse(JSON.parse(process.argv[2] ?? '')))
const input = createInterface({ input: process.stdin })
input.on('line', (id) => {
  void (async () => {
    const run = await client.run(id)
    const reply = await run.cancel()
    console.log(`${id} ${reply} ${Date.now()}`)
  })()
})
input.on('close', () => void client.close())
console.log('ready')
