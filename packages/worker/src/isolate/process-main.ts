import { Worker } from 'node:worker_threads'

import * as z from 'zod'

import { entryPoint, threadOptions } from './entry-point.ts'
import type { IsolateSetup } from './isolate.ts'
import { ToIsolate } from './messages.ts'
import { openProcessChannel } from './process-channel.ts'
import { processPipes } from './process-pipes.ts'
import { serveAttempts } from './serve-attempts.ts'

const Setup: z.ZodType<IsolateSetup> = z.object({
  root: z.string(),
  env: z.string().optional(),
})

// The worker decides when this process ends: a Ctrl-C goes to the whole group while the worker still drains.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => {})
const guard = new Worker(entryPoint('process-guard'), {
  ...threadOptions(),
  workerData: process.ppid,
})
// Nothing waits for it, and without it a body is still ended when it returns.
guard.unref()
guard.on('error', () => {})

const channel = openProcessChannel(processPipes)

await serveAttempts({
  setup: Setup.parse(JSON.parse(process.argv[2] ?? '')),
  send: (batch) => channel.send(batch),
  listen: (receive) => channel.listen((batch) => receive(ToIsolate.parse(batch))),
  claim: () => true,
})
