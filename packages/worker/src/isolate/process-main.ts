import * as z from 'zod'

import type { IsolateSetup } from './isolate.ts'
import { ToIsolate } from './messages.ts'
import { serveAttempts } from './serve-attempts.ts'

const Setup: z.ZodType<IsolateSetup> = z.object({
  root: z.string(),
  env: z.string().optional(),
})

// The worker decides when this process ends: a Ctrl-C goes to the whole group while the worker still drains.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => {})
process.on('disconnect', () => process.exit(0))

await serveAttempts({
  setup: Setup.parse(JSON.parse(process.argv[2] ?? '')),
  send: (batch) => process.send?.(batch),
  listen: (receive) => process.on('message', (message) => receive(ToIsolate.parse(message))),
  claim: () => true,
})
