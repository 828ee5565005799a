import { connect } from '@pipewright/engine/client'
import * as z from 'zod'

import { keyed } from './keyed.ts'

/** A client that enqueues a run for each key, as one does that answers requests, and prints `key run` for each that it knows. */
const Settings = z.object({ redis: z.string(), prefix: z.string(), keys: z.array(z.string()) })

const { redis, prefix, keys } = Settings.parse(JSON.parse(process.argv[2] ?? ''))
const client = await connect({ redis, prefix })
for (const key of keys) {
  const run = await client.enqueue(keyed, { key })
  console.log(`${key} ${run.id}`)
}
await client.close()
