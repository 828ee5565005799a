import { Worker } from 'node:worker_threads'

import * as z from 'zod'

import { entryPoint, threadOptions } from './entry-point.ts'
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
const guard = new Worker(entryPoint('process-guard'), {
  ...threadOptions(),
  workerData: process.ppid,
})
// Nothing waits for it, and without it a body is still ended when it returns.
guard.unref()
guard.on('error', () => {})

await serveAttempts({
  setup: Setup.parse(JSON.parse(process.argv[2] ?? '')),
  send: (batch) => process.send?.(batch),
  listen: (receive) => process.on('message', (message) => receive(ToIsolate.parse(message))),
  claim: () => true,
})
